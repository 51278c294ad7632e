package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;

/**
 * Colours of a {@link Theme}. Lines and bars have eight colours near those that Okabe and Ito chose
 * for people with colour deficiencies ("Color Universal Design", 2008), moved until each stands out
 * from the ground and from every other, the first four most, whatever the deficiency.
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
                                    0x295093, 0xd43601, 0x03876c, 0xac74bf, 0x2896f9, 0xd2802b,
                                    0x7352c3, 0x5d4738)),
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
                                    0x419aff, 0xf27702, 0x66e89a, 0xb9949e, 0xd5d9fb, 0xffbb02,
                                    0x8b81c3, 0xa8b1f6)));

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
