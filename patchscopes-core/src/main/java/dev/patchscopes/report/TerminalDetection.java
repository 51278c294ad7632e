package dev.patchscopes.report;

import java.util.Map;

final class TerminalDetection {

    private TerminalDetection() {}

    static Terminal of(Map<String, String> environment, boolean interactive) {
        return Terminal.plain(100);
    }

    static boolean isInteractive() {
        return false;
    }
}
