package dev.patchscopes.examples;

/** Text in lines that fit a terminal. */
final class Lines {

    private Lines() {}

    /** Cuts what is longer than a width, with a sign that something is missing. */
    static String fit(String text, int width) {
        return text.length() <= width ? text : text.substring(0, width - 1) + "…";
    }

    /** Breaks lines at spaces, indents them by two, and ends the last; other characters stay. */
    static String wrap(String text, int width) {
        StringBuilder out = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            String rest = line;
            while (rest.length() > width - 2) {
                int space = rest.lastIndexOf(' ', width - 2);
                int cut = space > 0 ? space : width - 2;
                out.append("  ").append(rest, 0, cut).append('\n');
                rest = rest.substring(space > 0 ? cut + 1 : cut);
            }
            out.append("  ").append(rest).append('\n');
        }
        return out.toString();
    }
}
