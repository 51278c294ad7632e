package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NativeStartupTest {

    @Test
    void setsDefaultsAndLeavesTheUsersChoice() {
        String before = System.getProperty("RUST_FLAVOR");
        try {
            System.setProperty("RUST_FLAVOR", "mine");
            NativeStartup.prepare();
            assertThat(System.getProperty("RUST_FLAVOR")).isEqualTo("mine");
            System.clearProperty("RUST_FLAVOR");
            NativeStartup.prepare();
            assertThat(setting("RUST_FLAVOR")).isEqualTo("cpu");
            assertThat(setting("OPT_OUT_TRACKING")).isEqualTo("true");
        } finally {
            if (before == null) {
                System.clearProperty("RUST_FLAVOR");
            } else {
                System.setProperty("RUST_FLAVOR", before);
            }
        }
    }

    private static String setting(String name) {
        String environment = System.getenv(name);
        return environment == null ? System.getProperty(name) : environment;
    }
}
