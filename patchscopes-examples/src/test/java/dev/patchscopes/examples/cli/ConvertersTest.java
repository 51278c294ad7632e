package dev.patchscopes.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.Layers;
import dev.patchscopes.text.Positions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

    @Test
    void layersAreWrittenInManyWays() {
        LayersConverter layers = new LayersConverter();
        assertThat(layers.convert("all")).isEqualTo(Layers.all());
        assertThat(layers.convert("4")).isEqualTo(Layers.at(4));
        assertThat(layers.convert("2..8")).isEqualTo(Layers.range(2, 8));
        assertThat(layers.convert("10,0,4..6, 5")).isEqualTo(Layers.at(0, 4, 5, 6, 10));
        assertThat(layers.convert("every:3")).isEqualTo(Layers.everyNth(3));
        for (String wrong :
                new String[] {"", "x", "1,", "-1", "2-4", "4..2", "every:0", "1..2..3"}) {
            assertThatThrownBy(() -> layers.convert(wrong))
                    .as(wrong)
                    .isInstanceOf(TypeConversionException.class);
        }
    }

    @Test
    void positionsAreWrittenInManyWays() {
        PositionsConverter many = new PositionsConverter.Many();
        PositionsConverter single = new PositionsConverter.Single();
        assertThat(many.convert("last")).isEqualTo(Positions.last());
        assertThat(many.convert("all")).isEqualTo(Positions.all());
        assertThat(many.convert("0,3,-1")).isEqualTo(Positions.at(0, 3, -1));
        assertThat(many.convert("2..5")).isEqualTo(Positions.range(2, 6));
        assertThat(many.convert("Wales")).isEqualTo(Positions.of("Wales"));
        assertThat(many.convert("Wales#2")).isEqualTo(Positions.of("Wales").occurrence(1));
        assertThat(many.convert("text:last")).isEqualTo(Positions.of("last"));
        assertThat(many.convert("text:Wales#2")).isEqualTo(Positions.of("Wales#2"));
        assertThat(single.convert("Wales")).isEqualTo(Positions.lastTokenOf("Wales"));
        assertThat(single.convert("Wales#1"))
                .isEqualTo(Positions.lastTokenOf("Wales").occurrence(0));
        assertThat(single.convert("-2")).isEqualTo(Positions.at(-2));
        assertThatThrownBy(() -> single.convert("text:"))
                .isInstanceOf(TypeConversionException.class);
    }

    @Test
    void namesAreInSmallLettersWithHyphens() {
        NameConverter.OfLens lens = new NameConverter.OfLens();
        assertThat(lens.convert("token-identity")).isEqualTo(LensChoice.Kind.TOKEN_IDENTITY);
        assertThat(lens.convert("Token_Identity")).isEqualTo(LensChoice.Kind.TOKEN_IDENTITY);
    }
}
