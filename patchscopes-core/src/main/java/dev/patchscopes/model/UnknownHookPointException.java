package dev.patchscopes.model;

import java.util.List;

/** A hook point's name that no site has. */
public final class UnknownHookPointException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public UnknownHookPointException(String message) {
        super(message);
    }

    static UnknownHookPointException forName(String name, List<String> known) {
        return new UnknownHookPointException(
                "unknown hook point \"%s\": did you mean \"%s\"? Names are TransformerLens's: %s"
                        .formatted(name, nearest(name, known), String.join(", ", known)));
    }

    private static String nearest(String name, List<String> known) {
        String best = known.get(0);
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance = editDistance(name, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static int editDistance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substitution, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
