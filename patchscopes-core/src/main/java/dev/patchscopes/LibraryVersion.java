package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * The version of this library, as results carry it in their provenance.
 *
 * <pre>{@code
 * String version = LibraryVersion.current().value();
 * }</pre>
 *
 * @param value the version as published, for example {@code 0.1.0} or {@code 0.2.0-SNAPSHOT}
 */
public record LibraryVersion(String value) {

    private static final String RESOURCE = "version.properties";

    private static final LibraryVersion CURRENT = read(RESOURCE);

    /**
     * Makes a version, for example one read back from a stored result.
     *
     * @param value the version as published
     * @throws IllegalArgumentException if {@code value} does not start with a digit
     */
    public LibraryVersion {
        // An unfilled "${project.version}" would otherwise end up in every result's provenance.
        checkArgument(
                !value.isEmpty() && Character.isDigit(value.charAt(0)),
                "version \"%s\" does not start with a digit; expected one such as 0.1.0",
                value);
    }

    /**
     * Returns the version of the library that is running.
     *
     * @return the version its build wrote into it
     */
    public static LibraryVersion current() {
        return CURRENT;
    }

    /** Returns the version alone. */
    @Override
    public String toString() {
        return value;
    }

    static LibraryVersion read(String resource) {
        Properties properties = new Properties();
        try (InputStream in = LibraryVersion.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException(
                        "resource dev/patchscopes/" + resource + " is missing from the library");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new LibraryVersion(properties.getProperty("version", ""));
    }
}
