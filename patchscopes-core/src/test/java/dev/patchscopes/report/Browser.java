package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A Chromium without a window that opens pages from files, as their readers do. */
final class Browser implements AutoCloseable {

    /** Would say of each new browser that its protocol is not known in all parts; none is used. */
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private static final String NONE =
            "no Chromium with its ChromeDriver in PATH, CHROMIUM or CHROMEDRIVER";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ChromeDriver driver;
    private final Path directory;
    private int pages;

    private Browser(ChromeDriver driver, Path directory) {
        this.driver = driver;
        this.directory = directory;
    }

    /**
     * Starts it, or skips the test where it is not installed.
     *
     * @param directory an empty one for its files and the pages
     */
    static Browser start(Path directory) {
        Optional<Path> chromium =
                find("CHROMIUM", "chromium", "chromium-browser", "google-chrome", "chrome");
        Optional<Path> chromeDriver = find("CHROMEDRIVER", "chromedriver");
        boolean there = chromium.isPresent() && chromeDriver.isPresent();
        if (Boolean.getBoolean("browser.required")) {
            assertThat(there).as(NONE).isTrue();
        }
        assumeTrue(there, NONE);
        SELENIUM.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.orElseThrow().toFile());
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-sync",
                "--window-size=1200,900",
                "--user-data-dir=" + directory.resolve("profile"));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service =
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(chromeDriver.orElseThrow().toFile())
                        .build();
        Browser browser = new Browser(new ChromeDriver(service, options), directory);
        browser.driver.executeCdpCommand(
                "Browser.grantPermissions",
                Map.of("permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
        browser.driver.get("about:blank");
        // what its own first page asked for
        browser.complaints();
        browser.requests();
        return browser;
    }

    private static Optional<Path> find(String variable, String... names) {
        Stream<Path> named = Stream.ofNullable(System.getenv(variable)).map(Path::of);
        Stream<Path> inPath =
                Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                        .flatMap(folder -> Stream.of(names).map(Path.of(folder)::resolve));
        return Stream.concat(named, inPath).filter(Files::isExecutable).findFirst();
    }

    /** Opens a document, in a fresh place, on a light ground. */
    void open(String html) throws IOException {
        Path file = directory.resolve("page" + pages++ + ".html");
        Files.writeString(file, html);
        emulate("screen", "light");
        driver.get(file.toUri().toString());
    }

    /** Pretends to be on paper, or to prefer a dark ground. */
    void emulate(String medium, String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "media",
                        medium,
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    /** The texts of all elements, as they are in the document. */
    List<String> texts(String selector) {
        return strings(
                "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
                selector);
    }

    /** The same attribute or property of all elements. */
    List<String> properties(String selector, String name) {
        return strings(
                "return [...document.querySelectorAll(arguments[0])].map(e => String(e[arguments[1]]))",
                selector,
                name);
    }

    String computed(String selector, String property) {
        return (String)
                run(
                        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]",
                        selector,
                        property);
    }

    /** What is seen, not only there. */
    boolean isSeen(String selector) {
        return all(selector).stream().anyMatch(WebElement::isDisplayed);
    }

    private List<String> strings(String script, Object... arguments) {
        return ((List<?>) run(script, arguments)).stream().map(String.class::cast).toList();
    }

    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    void pointAt(String selector) {
        new Actions(driver).moveToElement(find(selector)).perform();
    }

    /** Moves the pointer to the corner of the window. */
    void pointAway() {
        new Actions(driver).moveToLocation(1, 1).perform();
    }

    void click(String selector) {
        find(selector).click();
    }

    void choose(String selector, String option) {
        find(selector).findElements(By.tagName("option")).stream()
                .filter(element -> element.getText().equals(option))
                .findFirst()
                .orElseThrow()
                .click();
    }

    void press(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    void pressWithControl(CharSequence key) {
        new Actions(driver).keyDown(Keys.CONTROL).sendKeys(key).keyUp(Keys.CONTROL).perform();
    }

    /** What the clipboard holds, once the page says that it copied. */
    String copied() {
        await(() -> texts("[role=status]").contains("copied"));
        return (String)
                driver.executeAsyncScript(
                        "navigator.clipboard.readText().then(arguments[arguments.length - 1])");
    }

    /** Lets pass what comes after scrolling, such as events of a pointer that never moved. */
    void settle() {
        driver.executeAsyncScript("setTimeout(arguments[arguments.length - 1], 400)");
    }

    void await(Supplier<Boolean> condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain for " + PATIENCE);
            }
            Thread.onSpinWait();
        }
    }

    /** The file that printing gives. */
    byte[] pdf() {
        Object data =
                driver.executeCdpCommand("Page.printToPDF", Map.of("preferCSSPageSize", true))
                        .get("data");
        return Base64.getDecoder().decode((String) data);
    }

    /** What the page complained of since the last call. */
    List<String> complaints() {
        return logs(LogType.BROWSER).map(LogEntry::getMessage).toList();
    }

    /** What was asked for since the last call, beside the files that were opened. */
    List<String> requests() {
        return logs(LogType.PERFORMANCE)
                .map(LogEntry::getMessage)
                .filter(message -> message.contains("\"Network.requestWillBeSent\""))
                .filter(message -> !message.contains("\"type\":\"Document\""))
                .toList();
    }

    private Stream<LogEntry> logs(String type) {
        return StreamSupport.stream(driver.manage().logs().get(type).spliterator(), false);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
