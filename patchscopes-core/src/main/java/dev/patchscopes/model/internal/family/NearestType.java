package dev.patchscopes.model.internal.family;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;

/** Finds the known type that an unknown one resembles most. */
final class NearestType {

    /** Only so many characters of an unknown type are compared, to bound the work. */
    private static final int COMPARED = 60;

    private NearestType() {}

    static String to(String wanted, Set<String> known) {
        String start = wanted.substring(0, Math.min(wanted.length(), COMPARED));
        return known.stream()
                .min(Comparator.comparingInt(type -> distance(start, type)))
                .orElseThrow();
    }

    /** Levenshtein's distance, one row at a time. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        Arrays.setAll(above, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(changed, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
