package dev.patchscopes.examples.demo.corpus;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.facts.Entity;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes short descriptions of all entities out of the tables. */
final class EntityReader {

    private final ImmutableMap<String, Table> tables;
    private final ImmutableList.Builder<Entity> entities = ImmutableList.builder();

    /**
     * @param tables by name
     */
    EntityReader(ImmutableMap<String, Table> tables) {
        this.tables = tables;
    }

    ImmutableList<Entity> read() {
        each("countries", row -> add(row, "country", "Country in " + row.get("region")));
        countryValues("capital", "city", "Capital city of ");
        countryValues("currency", "currency", "Currency of ");
        countryValues("language", "language", "Language of ");
        each("people", this::person);
        each("companies", this::company);
        each(
                "animals",
                row -> add(row, "animal", "Animal that lives in the " + row.get("habitat")));
        each("foods", row -> add(row, "food", food(row)));
        each("tools", row -> add(row, "tool", "Tool for " + row.get("use")));
        return entities.build();
    }

    private void each(String table, Consumer<ImmutableMap<String, String>> use) {
        tables.get(table).rows().forEach(use);
    }

    private void add(ImmutableMap<String, String> row, String kind, String description) {
        entities.add(new Entity(row.get(Table.NAME), kind, kind, description));
    }

    /** Capitals, currencies, languages: of one country or of several. */
    private void countryValues(String column, String kind, String beginning) {
        Table countries = tables.get("countries");
        countries.rows().stream()
                .flatMap(row -> Optional.ofNullable(row.get(column)).stream())
                .distinct()
                .forEach(
                        value ->
                                entities.add(
                                        new Entity(
                                                value,
                                                kind,
                                                kind,
                                                beginning
                                                        + countries
                                                                .onlyNameWith(column, value)
                                                                .orElse("several countries"))));
    }

    private void person(ImmutableMap<String, String> row) {
        String profession = row.get("profession");
        entities.add(
                new Entity(
                        row.get(Table.NAME),
                        "person",
                        profession,
                        Optional.ofNullable(row.get("birthplace"))
                                .map(country -> adjective(country) + " " + profession)
                                .orElse(Phrasing.capitalized(profession))));
    }

    private void company(ImmutableMap<String, String> row) {
        add(row, "company", "%s %s company".formatted(adjective(row.get("home")), row.get("kind")));
        entities.add(
                new Entity(
                        row.get("founder"),
                        "founder",
                        "founder",
                        "Founder of " + row.get(Table.NAME)));
    }

    private static String food(ImmutableMap<String, String> row) {
        return row.containsKey("colour")
                ? "Food that is a %s %s".formatted(row.get("colour"), row.get("kind"))
                : "Food from %s made with %s".formatted(row.get("origin"), row.get("ingredient"));
    }

    private String adjective(String country) {
        return tables.get("countries").value(country, "adjective").orElseThrow();
    }
}
