package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.ModelException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MemoryEstimateTest {
    private static final Path LLAMA = Path.of("src/test/resources/golden/llama");

    @Test
    void countsEveryStoredElementInTheComputeType() {
        try (Checkpoint checkpoint = Checkpoint.open(LLAMA)) {
            // embedding and head 2*131*48, a final norm 48, and in each of 3 blocks
            // q k v o 4*48*48, gate up down 3*80*48, two norms 2*48
            long elements = 2 * 131 * 48 + 48 + 3 * (4 * 48 * 48 + 3 * 80 * 48 + 2 * 48);
            assertThat(MemoryEstimate.weightBytes(checkpoint, ComputeType.FLOAT32))
                    .isEqualTo(4 * elements);
            assertThat(MemoryEstimate.weightBytes(checkpoint, ComputeType.FLOAT64))
                    .isEqualTo(8 * elements);
        }
    }

    @Test
    void refusesWeightsThatDoNotFitAndSaysWhatToDo() {
        try (Checkpoint checkpoint = Checkpoint.open(LLAMA)) {
            long needed = MemoryEstimate.weightBytes(checkpoint, ComputeType.FLOAT32);
            assertThatThrownBy(
                            () ->
                                    MemoryEstimate.checkFits(
                                            checkpoint,
                                            ComputeType.FLOAT32,
                                            OptionalLong.of(needed - 1)))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("FLOAT32")
                    .hasMessageContaining("choose a smaller compute type");
            assertThatCode(
                            () -> {
                                MemoryEstimate.checkFits(
                                        checkpoint, ComputeType.FLOAT32, OptionalLong.of(needed));
                                MemoryEstimate.checkFits(
                                        checkpoint, ComputeType.FLOAT32, OptionalLong.empty());
                            })
                    .doesNotThrowAnyException();
        }
    }
}
