package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Opens pages in one browser for all tests of a class; nothing may go wrong in it. */
@Tag("browser")
abstract class BrowserPages {

    static final String MEASURE = "select[data-choice=measure]";
    static final String ROWS = "select[data-choice=rows]";
    static final String DETAILS = ".details";

    @TempDir static Path directory;
    static Browser browser;

    @BeforeAll
    static void start() {
        browser = Browser.start(directory);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
            browser = null;
        }
    }

    @BeforeEach
    void restPointer() {
        browser.resize(1200, 900);
        browser.pointAway();
    }

    @AfterEach
    void nothingWentWrong() {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests()).isEmpty();
    }

    static void open(Block... blocks) throws IOException {
        browser.open(Page.of("A page", blocks).toHtml());
    }

    static String cell(int row, int column) {
        return "tbody tr:nth-child(%s) td:nth-child(%s)".formatted(row + 1, column + 2);
    }
}
