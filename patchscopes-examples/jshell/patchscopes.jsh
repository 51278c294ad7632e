// Opens JShell ready to look inside a model, in a project of yours that has the library:
//
//   mvn -q dependency:build-classpath -Dmdep.outputFile=target/classpath
//   jshell --class-path "$(cat target/classpath)" --startup DEFAULT --startup patchscopes.jsh \
//       -R-Djshell=true -R-Xmx8g
//
// -Djshell=true lets DJL print arrays; it takes the JVM of JShell for one that is being debugged.
// -R-Dpatchscopes.terminal=120,true says how wide the terminal is and that it has colours.
// -R-Dpatchscopes.show=terminal, browser or a folder says where pictures go.
//
// A module that you do not have costs one "package does not exist" for each of its packages; the
// rest works. In a clone of the library `mvn -q compile exec:java -Dexec.args=shell` does it all.

import dev.patchscopes.*;
import dev.patchscopes.checkpoint.*;
import dev.patchscopes.checkpoint.hub.*;
import dev.patchscopes.facts.*;
import dev.patchscopes.linear.*;
import dev.patchscopes.measure.*;
import dev.patchscopes.model.*;
import dev.patchscopes.report.*;
import dev.patchscopes.text.*;

import dev.patchscopes.corpus.*;
import dev.patchscopes.lens.*;
import dev.patchscopes.lens.feature.*;
import dev.patchscopes.lens.future.*;
import dev.patchscopes.lens.probe.*;
import dev.patchscopes.lens.relation.*;
import dev.patchscopes.lens.tuned.*;

import dev.patchscopes.trace.*;
import dev.patchscopes.trace.causal.*;
import dev.patchscopes.trace.cross.*;
import dev.patchscopes.trace.entity.*;
import dev.patchscopes.trace.hops.*;
import dev.patchscopes.trace.knockout.*;
import dev.patchscopes.trace.patching.*;

/** Shows a result: its heat maps, charts and tables. */
void show(Viewable result) {
    Viewer.standard().show(result);
}

/** Shows anything else, as text. */
void show(Object anything) {
    System.out.println(anything);
}

/** Models by name, until JShell ends. */
Map<String, HookedModel> models = new HashMap<>();

HookedModel opened(String name) {
    return models.computeIfAbsent(
            name,
            unopened ->
                    switch (unopened) {
                        case "demo" -> HookedModel.demo();
                        case "demo-small" -> HookedModel.demoSmall();
                        default -> HookedModel.load(unopened);
                    });
}

/** A model: "demo", "demo-small" or a checkpoint's directory. The same name gives the same model. */
HookedModel model(String name) {
    return opened(name);
}

/** The small model that comes with the library. */
HookedModel model() {
    return opened("demo"); // JShell lets no overload call another
}

Runtime.getRuntime().addShutdownHook(new Thread(() -> models.values().forEach(HookedModel::close)))
