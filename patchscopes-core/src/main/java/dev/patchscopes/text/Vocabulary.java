package dev.patchscopes.text;

import com.google.common.collect.ImmutableMap;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every token's readable piece, which tokens are special, and which stand for a single byte.
 *
 * <p>How the file spells a piece depends on the tokenizer: byte-level BPE writes bytes as stand-in
 * characters ({@link ByteLevelAlphabet}), SentencePiece-style ones write a space as U+2581 and may
 * fall back to byte tokens such as {@code <0xE2>}; others write plain text.
 */
final class Vocabulary {

    private static final String METASPACE = "\u2581";
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x([0-9A-Fa-f]{2})>");
    private static final int NO_BYTE = -1;
    private static final int AMBIGUOUS = -1;

    private final String[] pieces;
    private final short[] byteValues;
    private final BitSet assigned = new BitSet();
    private final BitSet special = new BitSet();
    private final Map<String, Integer> idsByPiece = new HashMap<>();
    private final ImmutableMap<String, Integer> addedIds;
    private final ImmutableMap<String, Integer> modelIds;

    Vocabulary(TokenizerJson json) {
        modelIds = json.vocabulary();
        Map<String, Integer> added = new HashMap<>();
        json.addedTokens().forEach(token -> added.put(token.content(), token.id()));
        addedIds = ImmutableMap.copyOf(added);
        int size = 0;
        for (int id : modelIds.values()) {
            size = Math.max(size, id + 1);
        }
        for (int id : addedIds.values()) {
            size = Math.max(size, id + 1);
        }
        pieces = new String[size];
        byteValues = new short[size];
        Arrays.fill(byteValues, (short) NO_BYTE);

        boolean byteLevel =
                json.contains("decoder", "ByteLevel")
                        || (json.section("decoder").isJsonNull()
                                && json.contains("pre_tokenizer", "ByteLevel"));
        String space = byteLevel ? " " : spaceCharacter(json);
        readAddedTokens(json, space);
        readModelTokens(byteLevel, byteFallback(json), space);
        for (int id = 0; id < size; id++) {
            if (pieces[id] != null && !pieces[id].isEmpty()) {
                idsByPiece.merge(pieces[id], id, (a, b) -> AMBIGUOUS);
            }
        }
        readPlainBytes();
    }

    private void readAddedTokens(TokenizerJson json, String space) {
        for (TokenizerJson.AddedToken token : json.addedTokens()) {
            assigned.set(token.id());
            special.set(token.id(), token.special());
            // A special token is shown as it is written; others are text, with spaces spelt out.
            pieces[token.id()] =
                    token.special() ? token.content() : token.content().replace(space, " ");
        }
    }

    private void readModelTokens(boolean byteLevel, boolean byteFallback, String space) {
        modelIds.forEach(
                (raw, id) -> {
                    if (assigned.get(id)) {
                        return;
                    }
                    assigned.set(id);
                    if (byteLevel) {
                        pieces[id] =
                                ByteLevelAlphabet.bytes(raw).map(ReadableBytes::text).orElse(raw);
                        return;
                    }
                    Matcher matcher = BYTE_TOKEN.matcher(raw);
                    if (byteFallback && matcher.matches()) {
                        byteValues[id] = (short) Integer.parseInt(matcher.group(1), 16);
                    }
                    pieces[id] = raw.replace(space, " ");
                });
    }

    /** A byte token is the only token for a line break in most vocabularies: show it as one. */
    private void readPlainBytes() {
        for (int id = 0; id < pieces.length; id++) {
            int value = byteValues[id];
            if (value != NO_BYTE && value < 0x80) {
                String text = String.valueOf((char) value);
                if (idsByPiece.putIfAbsent(text, id) == null) {
                    pieces[id] = text;
                }
            }
        }
    }

    private static boolean byteFallback(TokenizerJson json) {
        JsonElement flag = json.model().get("byte_fallback");
        return json.contains("decoder", "ByteFallback")
                || (flag != null && flag.isJsonPrimitive() && flag.getAsBoolean());
    }

    /** The character that spells a space; a space itself if the tokenizer has none. */
    private static String spaceCharacter(TokenizerJson json) {
        for (String section : new String[] {"decoder", "pre_tokenizer", "normalizer"}) {
            if (json.contains(section, "Metaspace") || spellsSpace(json.section(section))) {
                return METASPACE;
            }
        }
        return " ";
    }

    private static boolean spellsSpace(JsonElement element) {
        if (element.isJsonArray()) {
            for (JsonElement child : element.getAsJsonArray()) {
                if (spellsSpace(child)) {
                    return true;
                }
            }
        } else if (element.isJsonObject()) {
            JsonObject object = element.getAsJsonObject();
            return object.entrySet().stream().anyMatch(e -> spellsSpace(e.getValue()));
        } else if (element.isJsonPrimitive() && element.getAsJsonPrimitive().isString()) {
            return element.getAsString().equals(METASPACE);
        }
        return false;
    }

    int size() {
        return pieces.length;
    }

    boolean isAssigned(int id) {
        return assigned.get(id);
    }

    boolean isSpecial(int id) {
        return special.get(id);
    }

    /** The byte a byte-fallback token stands for. */
    OptionalInt byteValue(int id) {
        return byteValues[id] == NO_BYTE ? OptionalInt.empty() : OptionalInt.of(byteValues[id]);
    }

    /** Readable piece of an id in {@code 0..size() - 1}; never empty. */
    String piece(int id) {
        String piece = pieces[id];
        return piece == null || piece.isEmpty() ? "#" + id : piece;
    }

    /** The one id with this readable piece. */
    OptionalInt id(String piece) {
        Integer id = idsByPiece.get(piece);
        return id == null || id == AMBIGUOUS ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The id of a token by its spelling in the file. */
    OptionalInt rawId(String content) {
        Integer id = addedIds.getOrDefault(content, modelIds.get(content));
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
