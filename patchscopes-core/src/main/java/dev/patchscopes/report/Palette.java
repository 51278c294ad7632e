package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;

/**
 * Colours of a {@link Theme}. Lines and bars have the eight colours of Okabe and Ito's palette for
 * people with colour deficiencies ("Color Universal Design", 2008), lighter ones on a dark ground.
 */
record Palette(
        Rgb ground,
        Rgb ink,
        Rgb faint,
        Rgb rule,
        Rgb mark,
        Rgb full,
        Rgb below,
        Rgb above,
        ImmutableList<Rgb> lines) {

    private static final Rgb BLACK = Rgb.hex(0x000000);
    private static final Rgb WHITE = Rgb.hex(0xffffff);

    private static final ImmutableMap<Theme, Palette> OF_THEME =
            ImmutableMap.of(
                    Theme.LIGHT,
                    new Palette(
                            WHITE,
                            Rgb.hex(0x1a1c20),
                            Rgb.hex(0x5b6270),
                            Rgb.hex(0xd5d9e0),
                            Rgb.hex(0xb3261e),
                            Rgb.hex(0x0b3c7d),
                            Rgb.hex(0xb35806),
                            Rgb.hex(0x08519c),
                            lines(
                                    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xe69f00,
                                    0x7a5195, 0x5b6270)),
                    Theme.DARK,
                    new Palette(
                            Rgb.hex(0x14171c),
                            Rgb.hex(0xe6e9ef),
                            Rgb.hex(0xa2abba),
                            Rgb.hex(0x3a404b),
                            Rgb.hex(0xff8a80),
                            Rgb.hex(0x9ecbff),
                            Rgb.hex(0xffa64d),
                            Rgb.hex(0x6db3ff),
                            lines(
                                    0x56b4e9, 0xff8f3f, 0x2fc99a, 0xe59ac4, 0x8fd3ff, 0xf5c04a,
                                    0xb79ad8, 0xa2abba)));

    static Palette of(Theme theme) {
        return OF_THEME.get(theme);
    }

    private static ImmutableList<Rgb> lines(int... colors) {
        return Arrays.stream(colors).mapToObj(Rgb::hex).collect(ImmutableList.toImmutableList());
    }

    /**
     * Colour of a place on a scale.
     *
     * @param share where, 0 to 1
     */
    Rgb color(ColorScale scale, double share) {
        return switch (scale) {
            case SEQUENTIAL -> ground.towards(full, share);
            case REVERSED -> full.towards(ground, share);
            case DIVERGING ->
                    share < .5
                            ? below.towards(ground, 2 * share)
                            : ground.towards(above, 2 * share - 1);
        };
    }

    /** The one of black and white that is read better on a colour. */
    static Rgb inkOn(Rgb color) {
        return color.contrast(BLACK) >= color.contrast(WHITE) ? BLACK : WHITE;
    }

    Rgb line(int index) {
        return lines.get(index % lines.size());
    }
}
