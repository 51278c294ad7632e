package dev.patchscopes.checkpoint.hub;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Variables of a process and its system properties, read as {@code huggingface_hub} reads them.
 *
 * <p>Every variable of the hub has a property of its name in lower case with dots for underscores,
 * which wins. An empty value counts as none.
 *
 * @param variables values by name
 * @param properties values by name
 * @param home the user's directory
 */
record Environment(
        ImmutableMap<String, String> variables,
        ImmutableMap<String, String> properties,
        Path home) {

    private static final Logger LOG = LoggerFactory.getLogger(Environment.class);
    private static final ImmutableSet<String> TRUE = ImmutableSet.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    static Environment ofProcess() {
        ImmutableMap.Builder<String, String> properties = ImmutableMap.builder();
        for (String name : System.getProperties().stringPropertyNames()) {
            String value = System.getProperty(name);
            if (value != null) { // removed since it was listed
                properties.put(name, value);
            }
        }
        return new Environment(
                ImmutableMap.copyOf(System.getenv()),
                properties.buildOrThrow(),
                Path.of(System.getProperty("user.home")));
    }

    static Environment of(Map<String, String> variables) {
        return new Environment(
                ImmutableMap.copyOf(variables),
                ImmutableMap.of(),
                Path.of(variables.getOrDefault("HOME", System.getProperty("user.home"))));
    }

    HubSettings settings() {
        return new HubSettings(
                HubSettings.endpoint(value("HF_ENDPOINT").orElse(HubSettings.STANDARD_ENDPOINT)),
                cache(),
                isTrue(value("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? Optional.empty() : token(),
                isTrue(value("HF_HUB_OFFLINE").or(() -> value("TRANSFORMERS_OFFLINE"))),
                !isTrue(value("HF_HUB_DISABLE_SYMLINKS")),
                seconds("HF_HUB_ETAG_TIMEOUT"),
                seconds("HF_HUB_DOWNLOAD_TIMEOUT"),
                new Proxies(
                        either("HTTP_PROXY").or(() -> either("ALL_PROXY")),
                        either("HTTPS_PROXY").or(() -> either("ALL_PROXY")),
                        either("NO_PROXY").orElse("")));
    }

    /** A variable that is customary in either case. */
    private Optional<String> either(String variable) {
        return Optional.ofNullable(variables.get(Ascii.toLowerCase(variable)))
                .or(() -> Optional.ofNullable(variables.get(variable)))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private Path cache() {
        return path("HF_HUB_CACHE")
                .or(() -> path("HUGGINGFACE_HUB_CACHE"))
                .or(() -> path("TRANSFORMERS_CACHE"))
                .orElseGet(() -> hubHome().resolve("hub"));
    }

    private Path hubHome() {
        return path("HF_HOME")
                .orElseGet(
                        () ->
                                path("XDG_CACHE_HOME")
                                        .orElseGet(() -> home.resolve(".cache"))
                                        .resolve("huggingface"));
    }

    private Optional<AccessToken> token() {
        return value("HF_TOKEN")
                .or(() -> value("HUGGING_FACE_HUB_TOKEN"))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .or(
                        () ->
                                tokenOf(
                                        path("HF_TOKEN_PATH")
                                                .orElseGet(() -> hubHome().resolve("token"))))
                .map(AccessToken::new);
    }

    private static Optional<String> tokenOf(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
        } catch (IOException e) {
            LOG.warn("the hub's token file {} cannot be read ({}); going on without", file, e);
            return Optional.empty();
        }
    }

    private Optional<String> value(String variable) {
        String property = Ascii.toLowerCase(variable).replace('_', '.');
        return Optional.ofNullable(properties.get(property))
                .filter(text -> !text.isBlank())
                .or(
                        () ->
                                Optional.ofNullable(variables.get(variable))
                                        .filter(text -> !text.isBlank()));
    }

    /** A path in which {@code ~} and {@code $NAME} stand for what they do in a shell. */
    private Optional<Path> path(String variable) {
        return value(variable).map(this::expanded);
    }

    private Path expanded(String text) {
        String known =
                VARIABLE.matcher(text)
                        .replaceAll(
                                m -> {
                                    String name = m.group(1) == null ? m.group(2) : m.group(1);
                                    return Matcher.quoteReplacement(
                                            variables.getOrDefault(name, m.group()));
                                });
        if (known.equals("~")) {
            return home;
        }
        return known.startsWith("~/") ? home.resolve(known.substring(2)) : Path.of(known);
    }

    private static boolean isTrue(Optional<String> value) {
        return value.map(Ascii::toUpperCase).filter(TRUE::contains).isPresent();
    }

    private Duration seconds(String variable) {
        Optional<String> text = value(variable).map(String::strip);
        if (text.isEmpty()) {
            return TIMEOUT;
        }
        if (!SECONDS.matcher(text.get()).matches()) {
            throw new IllegalArgumentException(
                    "%s is \"%s\"; expected whole seconds, such as 10"
                            .formatted(variable, text.get()));
        }
        long seconds = Long.parseLong(text.get());
        return seconds == 0 ? TIMEOUT : Duration.ofSeconds(seconds);
    }
}
