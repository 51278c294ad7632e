package dev.patchscopes.examples.demo.corpus;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes sentences about everyday life, and counts. */
final class EverydayWriter implements DocumentWriter {

    private static final Splitter COMMAS = Splitter.on(',').trimResults();
    private static final Pattern LIST = Pattern.compile("\\{(\\w+)}");

    private final ImmutableMap<String, ImmutableList<String>> lists;
    private final ImmutableList<String> sentences;

    EverydayWriter() {
        ImmutableMap.Builder<String, ImmutableList<String>> named = ImmutableMap.builder();
        List<String> templates = new ArrayList<>();
        for (String line : ResourceLines.of("everyday.txt")) {
            int colon = line.indexOf(": ");
            checkState(colon > 0, "everyday.txt: no key in \"%s\"", line);
            String key = line.substring(0, colon);
            String value = line.substring(colon + 2);
            if (key.equals("sentence")) {
                templates.add(value);
            } else {
                named.put(key, ImmutableList.copyOf(COMMAS.splitToList(value)));
            }
        }
        lists = named.buildOrThrow();
        sentences = ImmutableList.copyOf(templates);
    }

    @Override
    public String write(Draw draw) {
        if (draw.percent(15)) {
            return counting(draw);
        }
        return String.join(" ", draw.times(draw.between(1, 4), () -> sentence(draw)));
    }

    private String sentence(Draw draw) {
        Matcher lists = LIST.matcher(draw.of(sentences));
        return Phrasing.capitalized(
                lists.replaceAll(found -> draw.of(this.lists.get(found.group(1)))));
    }

    private static String counting(Draw draw) {
        int first = draw.between(0, 90);
        int step = draw.among(1, 1, 2, 5, 10);
        return IntStream.range(0, draw.between(5, 9))
                .mapToObj(i -> String.valueOf(first + i * step))
                .collect(Collectors.joining(", "));
    }

    /** All that stands in the lists. */
    ImmutableList<String> phrases() {
        return lists.values().stream()
                .flatMap(List::stream)
                .collect(ImmutableList.toImmutableList());
    }
}
