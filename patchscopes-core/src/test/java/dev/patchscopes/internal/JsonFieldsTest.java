package dev.patchscopes.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.ComputeType;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFieldsTest {

    private static <T> T read(String json, Function<JsonFields, T> reader) {
        return JsonFields.read(json, "a thing", reader);
    }

    @Test
    void aModelAndNumbersComeBack() {
        ModelIdentity model =
                new ModelIdentity("a \"b\"", "0f", "gpt2", ComputeType.FLOAT32, "gpu(0)");
        JsonObject out = new JsonObject();
        out.add("model", Json.of(model));
        out.add("numbers", Json.numbers(List.of(0.1, 1e-300)));
        out.addProperty("seed", Long.MIN_VALUE);

        String json = out.toString();
        JsonFields in = read(json, fields -> fields);
        assertThat(in.model("model")).isEqualTo(model);
        assertThat(in.list("numbers", JsonElement::getAsDouble)).containsExactly(0.1, 1e-300);
        assertThat(in.longInteger("seed")).isEqualTo(Long.MIN_VALUE);
        assertThat(in.optionalObject("other")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'m':1}   | field \"n\" is missing",
                "{'n':null}| field \"n\" is null, which is of another kind",
                "{'n':1.5} | field \"n\" is 1.5, which is of another kind",
                "{'n':[]}  | field \"n\" is [], which is of another kind"
            },
            quoteCharacter = '`')
    void whatDoesNotFitIsNamed(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(json, in -> in.integer("n")))
                .withMessage("this is not the JSON of a thing: " + message);
    }

    @Test
    void whatIsNoObjectIsRefused() {
        for (String json : List.of("[1]", "{", "", "null", "text")) {
            assertThatIllegalArgumentException()
                    .as(json)
                    .isThrownBy(() -> read(json, in -> in))
                    .withMessageStartingWith("this is not the JSON of a thing: ");
        }
    }

    @Test
    void numberFormatsAreListed() {
        String json =
                "{'m':{'name':'a','contentHash':'0','modelType':'t','computeType':'INT8','device':'cpu'}}";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(json, in -> in.model("m")))
                .withMessageContaining("computeType is \"INT8\", expected one of [FLOAT32");
    }
}
