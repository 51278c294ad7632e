package dev.patchscopes.facts;

import static com.google.common.base.Preconditions.checkArgument;

/** What the texts of a {@link Relation} must be like. */
final class RelationChecks {

    private RelationChecks() {}

    static void trimmed(String what, String text) {
        checkArgument(!text.isBlank(), "the %s is empty", what);
        checkArgument(
                text.equals(text.strip()),
                "the %s \"%s\" has white space at its ends: strip() it",
                what,
                text);
    }

    static void template(String template) {
        int first = template.indexOf(Relation.SLOT);
        checkArgument(
                first >= 0,
                "the template \"%s\" has no place for the subject: put {} where it goes",
                template);
        checkArgument(
                template.indexOf(Relation.SLOT, first + 1) < 0,
                "the template \"%s\" has more than one place for the subject: leave one {}",
                template);
    }
}
