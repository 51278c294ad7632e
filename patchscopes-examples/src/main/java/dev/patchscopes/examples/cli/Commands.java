package dev.patchscopes.examples.cli;

import com.google.common.collect.ImmutableList;

/** The commands that look inside models. */
public final class Commands {

    private Commands() {}

    /**
     * Makes them.
     *
     * @param session where they write
     * @return in the order in which help lists them
     */
    public static ImmutableList<Object> of(Session session) {
        return ImmutableList.of(
                new ReadCommand(session),
                new PatchCommand(session),
                new DescribeCommand(session),
                new TraceCommand(session),
                new KnockoutCommand(session),
                new EvaluateCommand(session),
                new TrainLensCommand(session));
    }
}
