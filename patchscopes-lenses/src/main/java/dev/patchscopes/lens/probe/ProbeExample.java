package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.text.Positions;
import java.util.Optional;

/**
 * A state with its label: where in which text it is read, and what a probe should say of it.
 *
 * <pre>{@code
 * ProbeExample.of("The capital of France is", Positions.lastTokenOf("France"), "Europe")
 *     .inGroup("France");      // other texts about France stay on the same side of the split
 * }</pre>
 *
 * @param text what the model reads
 * @param position the one token whose state is read
 * @param label what the probe should say
 * @param group examples that tell of each other, such as texts about one fact; a split never parts
 *     them
 * @param key what the control task gives a random label; empty for the word type, the token read
 */
public record ProbeExample(
        String text, Positions position, String label, String group, Optional<String> key) {

    /**
     * Checks that label and group say something.
     *
     * @param text what the model reads
     * @param position the one token whose state is read
     * @param label what the probe should say
     * @param group examples that tell of each other
     * @param key what the control task gives a random label
     * @throws IllegalArgumentException if label or group is blank
     */
    public ProbeExample {
        checkArgument(!label.isBlank(), "the label of \"%s\" is blank", text);
        checkArgument(!group.isBlank(), "the group of \"%s\" is blank", text);
    }

    /**
     * Makes an example that is a group of its own, with the word type as its key.
     *
     * @param text what the model reads
     * @param position the one token whose state is read
     * @param label what the probe should say
     * @return the example
     */
    public static ProbeExample of(String text, Positions position, String label) {
        // two examples of one text are one group, whatever their positions
        return new ProbeExample(text, position, label, "text: " + text, Optional.empty());
    }

    /**
     * The same example in a group.
     *
     * @param name of the group
     * @return the example
     */
    public ProbeExample inGroup(String name) {
        return new ProbeExample(text, position, label, name, key);
    }

    /**
     * The same example with a key for the control task.
     *
     * @param name of the key; all examples of a key get the same random label
     * @return the example
     */
    public ProbeExample withKey(String name) {
        return new ProbeExample(text, position, label, group, Optional.of(name));
    }

    /** {@return text, position and label in a line} */
    @Override
    public String toString() {
        return "ProbeExample[\"%s\" at %s: %s]".formatted(text, position, label);
    }
}
