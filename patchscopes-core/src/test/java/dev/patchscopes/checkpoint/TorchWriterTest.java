package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchWriterTest {
    private static final float[] SIX = {0, -1.5f, Float.MIN_VALUE, 3, Float.MAX_VALUE, -0f};

    @TempDir Path folder;

    @Test
    void whatIsWrittenIsReadInOrder() throws IOException {
        Path file = folder.resolve("params.pt");
        Files.writeString(file, "what was there before");
        new TorchWriter()
                .add("b.weight", SIX, 2, 3)
                .add("a.ü", new float[] {7}, 1)
                .add("scalar", new float[] {2.5f})
                .write(file);
        try (TorchFile in = TorchFile.open(file)) {
            assertThat(in.tensors().keySet()).containsExactly("b.weight", "a.ü", "scalar");
            StoredTensor weight = in.tensors().get("b.weight");
            assertThat(weight.type()).isEqualTo(StoredType.F32);
            assertThat(weight.shape()).isEqualTo(ImmutableLongArray.of(2, 3));
            assertThat(weight.toFloats()).containsExactly(SIX);
            assertThat(in.tensors().get("a.ü").toFloats()).containsExactly(7);
            assertThat(in.tensors().get("scalar").shape().isEmpty()).isTrue();
            assertThat(in.tensors().get("scalar").toFloats()).containsExactly(2.5f);
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void tensorsThatAreNoneAreRefused() {
        TorchWriter writer = new TorchWriter().add("a", SIX, 6);
        assertThatThrownBy(() -> writer.add("a", SIX, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor 'a' was added before");
        assertThatThrownBy(() -> writer.add("b", SIX, 2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor 'b' has 6 values, which do not fill the shape [2, 2]");
    }
}
