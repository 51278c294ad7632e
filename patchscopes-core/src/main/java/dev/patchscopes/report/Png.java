package dev.patchscopes.report;

final class Png {

    private Png() {}

    static byte[] of(String svg, double scale) {
        return new byte[0];
    }
}
