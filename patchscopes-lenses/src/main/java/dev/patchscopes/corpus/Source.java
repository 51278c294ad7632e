package dev.patchscopes.corpus;

import java.io.IOException;
import java.io.InputStream;

/** Something with a name whose bytes can be read from the beginning, again and again. */
interface Source {

    String name();

    /** The raw bytes, compressed or not; whoever opens them closes them. */
    InputStream open() throws IOException;
}
