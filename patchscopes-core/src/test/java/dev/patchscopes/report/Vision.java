package dev.patchscopes.report;

import com.google.common.primitives.ImmutableDoubleArray;

/**
 * How people with a colour deficiency see colours: Machado, Oliveira and Fernandes, "A
 * Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), full severity.
 */
enum Vision {
    NORMAL(1, 0, 0, 0, 1, 0, 0, 0, 1),
    PROTANOPIA(
            .152286, 1.052583, -.204868, .114503, .786281, .099216, -.003882, -.048116, 1.051998),
    DEUTERANOPIA(.367322, .860646, -.227968, .280085, .672501, .047413, -.011820, .042940, .968881),
    TRITANOPIA(1.255528, -.076749, -.178779, -.078411, .930809, .147602, .004733, .691367, .303900);

    private final ImmutableDoubleArray matrix;

    Vision(double... matrix) {
        this.matrix = ImmutableDoubleArray.copyOf(matrix);
    }

    Rgb of(Rgb color) {
        double[] seen = {linear(color.red()), linear(color.green()), linear(color.blue())};
        int[] components = new int[3];
        for (int i = 0; i < 3; i++) {
            double light = 0;
            for (int j = 0; j < 3; j++) {
                light += matrix.get(3 * i + j) * seen[j];
            }
            components[i] = encoded(light);
        }
        return new Rgb(components[0], components[1], components[2]);
    }

    private static double linear(int component) {
        double c = component / 255.0;
        return c <= .04045 ? c / 12.92 : Math.pow((c + .055) / 1.055, 2.4);
    }

    private static int encoded(double light) {
        double l = Math.min(1, Math.max(0, light));
        return (int)
                Math.round(255 * (l <= .0031308 ? 12.92 * l : 1.055 * Math.pow(l, 1 / 2.4) - .055));
    }
}
