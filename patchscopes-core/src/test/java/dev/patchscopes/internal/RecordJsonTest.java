package dev.patchscopes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

class RecordJsonTest {

    record Cell(String text, double value) {}

    record Table(String name, ImmutableList<Cell> cells) {}

    private static final Table TABLE =
            new Table(
                    "a \"quoted\" name",
                    ImmutableList.of(
                            new Cell("\u0000\n\u2028<b>", 0.1 + 0.2),
                            new Cell("", Double.NaN),
                            new Cell("-Infinity", Double.NEGATIVE_INFINITY),
                            new Cell("x", Double.POSITIVE_INFINITY),
                            new Cell("y", -0.0),
                            new Cell("z", Double.MIN_VALUE)));

    @Test
    void everyNumberRoundTrips() {
        assertThat(RecordJson.read(RecordJson.write(TABLE), Table.class, "the table"))
                .isEqualTo(TABLE);
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(
                        () ->
                                RecordJson.read(
                                        "{\"name\": \"n\", \"cells\": [{\"text\": \"t\"}]}",
                                        Table.class,
                                        "the table"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the table is no Table")
                .hasMessageContaining("\"value\"");
    }
}
