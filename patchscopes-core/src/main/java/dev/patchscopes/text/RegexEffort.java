package dev.patchscopes.text;

import java.util.Optional;

/**
 * How far a regular expression of a tokenizer can backtrack, judged by its structure alone.
 *
 * <p>The native library ends the process when a match takes more than ten million steps, and a file
 * can hold an expression made for that. Those of real tokenizers repeat characters and classes, at
 * most two of them in a row that may share a text; repetition of repetitions, alternatives repeated
 * without end, and references back are found in none of them and are what the attack needs.
 */
final class RegexEffort {

    /** Repetitions without end that one match can try in every combination. */
    private static final int MOST_IN_A_ROW = 2;

    /** Repeating more often than this counts as without end. */
    private static final int SMALL_COUNT = 8;

    /** Ways of a repetition without end: one for each character of a long word. */
    private static final double WAYS_WITHOUT_END = 64;

    /** Each takes some steps; real tokenizers come to a quarter of it. */
    private static final double MOST_WAYS = 1 << 19;

    private static final int DEEPEST = 32;
    private static final int LONGEST = 4096;

    private final String regex;
    private int at;
    private Optional<String> problem = Optional.empty();

    private RegexEffort(String regex) {
        this.regex = regex;
    }

    /** What is wrong with an expression, as the end of a sentence; empty if nothing is. */
    static Optional<String> problem(String regex) {
        if (regex.length() > LONGEST) {
            return Optional.of("is longer than " + LONGEST + " characters");
        }
        RegexEffort effort = new RegexEffort(regex);
        Part whole = effort.alternatives(0);
        if (effort.problem.isEmpty() && effort.at < regex.length()) {
            effort.refuse("closes a group that was not opened");
        }
        if (whole.endless > MOST_IN_A_ROW) {
            effort.refuse("repeats without end more than " + MOST_IN_A_ROW + " times in a row");
        }
        if (whole.ways > MOST_WAYS) {
            effort.refuse("can match in too many ways");
        }
        return effort.problem;
    }

    /**
     * A part of the expression.
     *
     * @param endless repetitions without end on its longest way through
     * @param varied whether it can match a text in several ways
     * @param ways in how many, at most
     */
    private record Part(int endless, boolean varied, double ways) {
        static final Part SINGLE = new Part(0, false, 1);
        static final Part WITHOUT_END = new Part(1, true, WAYS_WITHOUT_END);

        Part or(Part other) {
            return new Part(Math.max(endless, other.endless), true, ways + other.ways);
        }

        Part then(Part next) {
            return new Part(endless + next.endless, varied || next.varied, ways * next.ways);
        }

        Part times(int least, int most) {
            double sum = 0;
            for (int i = least; i <= most; i++) {
                sum += Math.pow(ways, i);
            }
            return new Part(endless * most, varied || least < most, sum);
        }
    }

    /** How often something is repeated. */
    private record Times(int least, int most) {
        static final Times WITHOUT_END = new Times(0, Integer.MAX_VALUE);
    }

    private Part alternatives(int depth) {
        if (depth > DEEPEST) {
            refuse("nests groups more than " + DEEPEST + " deep");
        }
        Part all = sequence(depth);
        while (isGoingOn() && regex.charAt(at) == '|') {
            at++;
            all = all.or(sequence(depth));
        }
        return all;
    }

    private Part sequence(int depth) {
        Part all = Part.SINGLE;
        while (isGoingOn() && regex.charAt(at) != '|' && regex.charAt(at) != ')') {
            all = all.then(repeated(item(depth), depth));
        }
        return all;
    }

    private Part item(int depth) {
        char c = regex.charAt(at++);
        switch (c) {
            case '(' -> {
                return group(depth);
            }
            case '[' -> characterClass(0);
            case '\\' -> escape();
            default -> {
                // A character that stands for itself, or an anchor.
            }
        }
        return Part.SINGLE;
    }

    private Part group(int depth) {
        if (regex.startsWith("?#", at)) {
            refuse("has a comment");
        } else if (regex.startsWith("?<", at) || regex.startsWith("?>", at)) {
            at = regex.startsWith("?<=", at) || regex.startsWith("?<!", at) ? at + 3 : at + 2;
        } else if (regex.startsWith("?", at)) {
            at++;
            // Options, up to the colon or the mark of a look-ahead; (?i) applies to what follows.
            while (isGoingOn() && ":=!)".indexOf(regex.charAt(at)) < 0) {
                if ("im-".indexOf(regex.charAt(at)) < 0) {
                    refuse("has a group of the unusual kind '(?" + regex.charAt(at) + "'");
                }
                at++;
            }
            if (isGoingOn() && regex.charAt(at) != ')') {
                at++;
            }
        }
        Part inner = problem.isEmpty() ? alternatives(depth + 1) : Part.SINGLE;
        if (at >= regex.length()) {
            refuse("does not close its groups");
        }
        at++;
        return inner;
    }

    private void characterClass(int depth) {
        if (depth > DEEPEST) {
            refuse("nests classes more than " + DEEPEST + " deep");
            return;
        }
        if (regex.startsWith("^", at)) {
            at++;
        }
        if (regex.startsWith("]", at)) {
            refuse("has a class that begins with ']'");
        }
        while (isGoingOn()) {
            char c = regex.charAt(at++);
            if (c == ']') {
                return;
            }
            if (c == '[') {
                characterClass(depth + 1);
            } else if (c == '\\') {
                escape();
            }
        }
        refuse("does not close its classes");
    }

    private void escape() {
        if (at >= regex.length()) {
            refuse("ends in a backslash");
            return;
        }
        char c = regex.charAt(at++);
        if (c == 'g' || c == 'k' || (c >= '1' && c <= '9')) {
            refuse("refers back to a group");
        } else if (c == 'c' || c == 'C' || c == 'M') {
            refuse("writes characters as control keys");
        }
        if (regex.startsWith("{", at) && "pPxo".indexOf(c) >= 0) {
            int end = regex.indexOf('}', at);
            at = end < 0 ? regex.length() : end + 1;
        }
    }

    /** Any repetitions behind a part; several of them apply to each other. */
    private Part repeated(Part part, int depth) {
        Part result = part;
        while (isGoingOn()) {
            Optional<Times> times = times();
            if (times.isEmpty()) {
                return result;
            }
            if (!times.get().equals(Times.WITHOUT_END)) {
                result = result.times(times.get().least, times.get().most);
            } else if ((result.varied || result.endless > 0) && !isLast(part, depth)) {
                refuse("repeats something that can match in several ways");
            } else {
                result = Part.WITHOUT_END;
            }
            // Lazy or possessive: no further repetition.
            if (at < regex.length()
                    && (regex.charAt(at) == '?'
                            || (regex.charAt(at) == '+' && regex.charAt(at - 1) != '}'))) {
                at++;
            }
        }
        return result;
    }

    /** Whether nothing follows that could fail; some write "possessive" as other dialects do. */
    private boolean isLast(Part part, int depth) {
        return depth == 0
                && part.equals(Part.SINGLE)
                && (at == regex.length() || regex.charAt(at) == '|');
    }

    /** Reads one repetition, if there is one. */
    private Optional<Times> times() {
        char c = regex.charAt(at);
        if (c == '*' || c == '+') {
            at++;
            return Optional.of(Times.WITHOUT_END);
        }
        if (c == '?') {
            at++;
            return Optional.of(new Times(0, 1));
        }
        int end = c == '{' ? regex.indexOf('}', at) : -1;
        if (end < 0 || !regex.substring(at + 1, end).matches("\\d{0,5}(,\\d{0,5})?")) {
            return Optional.empty();
        }
        String counts = regex.substring(at + 1, end);
        at = end + 1;
        int comma = counts.indexOf(',');
        String least = comma < 0 ? counts : counts.substring(0, comma);
        String most = counts.substring(comma + 1);
        if (most.isEmpty() || Integer.parseInt(most) > SMALL_COUNT) {
            return Optional.of(Times.WITHOUT_END);
        }
        return Optional.of(
                new Times(least.isEmpty() ? 0 : Integer.parseInt(least), Integer.parseInt(most)));
    }

    private boolean isGoingOn() {
        return problem.isEmpty() && at < regex.length();
    }

    private void refuse(String why) {
        if (problem.isEmpty()) {
            problem = Optional.of(why);
        }
    }
}
