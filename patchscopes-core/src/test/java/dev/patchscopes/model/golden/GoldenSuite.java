package dev.patchscopes.model.golden;

import dev.patchscopes.model.ComputeType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** What the golden tests share: each configuration loaded once a number format. */
final class GoldenSuite implements AutoCloseable {
    private static final Namespace NAMESPACE = Namespace.create(GoldenSuite.class);

    private final Deviations deviations = new Deviations();
    private final List<GoldenModel> models = new ArrayList<>();

    private GoldenSuite() {
        for (String name : GoldenFiles.names()) {
            GoldenValues values = GoldenValues.read(name);
            for (ComputeType type : List.of(ComputeType.FLOAT32, ComputeType.FLOAT64)) {
                models.add(new GoldenModel(name, type, values, deviations));
            }
        }
    }

    /** The suite of this test run, closed when the last test has ended. */
    static GoldenSuite of(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        GoldenSuite.class, key -> new GoldenSuite(), GoldenSuite.class);
    }

    List<GoldenModel> models() {
        return models;
    }

    @Override
    public void close() {
        models.forEach(GoldenModel::close);
        deviations.publish();
    }
}
