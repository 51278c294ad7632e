package dev.patchscopes.trace.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows of odd and even width, in the middle and clipped at both ends. */
class BlockWindowTest {

    @ParameterizedTest
    @CsvSource({
        "24, 9, 48, 20, 29",
        "24, 10, 48, 19, 29",
        "0, 9, 48, 0, 5",
        "0, 10, 48, 0, 5",
        "4, 9, 48, 0, 9",
        "5, 10, 48, 0, 10",
        "47, 9, 48, 43, 48",
        "47, 10, 48, 42, 48",
        "43, 9, 48, 39, 48",
        "43, 10, 48, 38, 48",
        "3, 1, 6, 3, 4",
        "3, 2, 6, 2, 4",
        "3, 100, 6, 0, 6"
    })
    void itLiesAroundItsCentreAndInsideTheModel(
            int centre, int width, int blocks, int from, int to) {
        assertThat(BlockWindow.around(centre, width, blocks)).isEqualTo(new BlockWindow(from, to));
    }

    @Test
    void whatIsNoWindowIsRefused() {
        assertThatThrownBy(() -> BlockWindow.around(3, 0, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 1");
        assertThatThrownBy(() -> BlockWindow.around(6, 1, 6))
                .hasMessageContaining("block 6 is not in 0..5");
        assertThatThrownBy(() -> BlockWindow.around(-1, 1, 6)).hasMessageContaining("block -1");
    }
}
