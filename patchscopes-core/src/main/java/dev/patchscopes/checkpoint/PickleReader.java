package dev.patchscopes.checkpoint;

import dev.patchscopes.checkpoint.PyValues.Constant;
import dev.patchscopes.checkpoint.PyValues.PyDict;
import dev.patchscopes.checkpoint.PyValues.PyList;
import dev.patchscopes.checkpoint.PyValues.PyTuple;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Interprets the part of the pickle format that saving tensors uses, and nothing beyond it.
 *
 * <p>The machine has a stack and a memo. It calls nothing itself: names, calls and references to
 * storages go to a {@link Resolver}, which knows a fixed list. Work and memory are bounded by the
 * pickle's own length and by {@link #MOST_VALUES}.
 */
final class PickleReader {

    /** Values pushed and remembered; about fifty make a tensor. */
    private static final int MOST_VALUES = 4_000_000;

    private static final int MOST_OPEN_MARKS = 1_000;

    /** What stands outside the pickle. */
    interface Resolver {

        /** The value of a global name, or a refusal. */
        Object global(String module, String name);

        /** The result of calling a global. */
        Object call(Object callable, List<Object> arguments);

        /** The storage behind a persistent id. */
        Object persistent(Object id);
    }

    private final PickleInput in;
    private final Resolver resolver;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private int values;

    PickleReader(PickleInput in, Resolver resolver) {
        this.in = in;
        this.resolver = resolver;
    }

    /** Runs to the STOP instruction and returns the value it leaves. */
    Object read() {
        while (true) {
            int opcode = in.unsignedByte();
            if (opcode == '.') {
                Object result = pop();
                if (!stack.isEmpty() || !marks.isEmpty()) {
                    throw corrupt("stops with values left over");
                }
                return result;
            }
            if (!constant(opcode) && !container(opcode) && !reference(opcode)) {
                throw new UnsupportedCheckpointException(
                        in.file().path(),
                        String.format(
                                "the pickle uses instruction 0x%02x at position %d, which saving"
                                        + " tensors does not need; convert the checkpoint to"
                                        + " safetensors if you trust its author",
                                opcode, in.position() - 1));
            }
        }
    }

    /** Instructions that push a number, a string, None, true or false. */
    private boolean constant(int opcode) {
        switch (opcode) {
            case 'N' -> push(Constant.NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'J' -> push((long) in.signedInt());
            case 'K' -> push((long) in.unsignedByte());
            case 'M' -> push((long) in.unsignedShort());
            case 0x8a -> push(integer(in.unsignedByte()));
            case 0x8b -> push(integer(in.unsignedInt()));
            case 'G' -> push(in.bigEndianDouble());
            case 'X' -> push(in.utf8(in.unsignedInt()));
            case 0x8c -> push(in.utf8(in.unsignedByte()));
            case 0x8d -> push(in.utf8(in.signedLong()));
            // Byte strings; those of Python 2 are text as often as not.
            case 'U' -> push(in.utf8(in.unsignedByte()));
            case 'T' -> push(in.utf8(in.unsignedInt()));
            case 'C' -> pushOpaque(in.unsignedByte());
            case 'B' -> pushOpaque(in.unsignedInt());
            case 0x8e -> pushOpaque(in.signedLong());
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Instructions that make or fill tuples, lists and dicts. */
    private boolean container(int opcode) {
        switch (opcode) {
            case '(' -> mark();
            case ')' -> push(new PyTuple(List.of()));
            case 0x85 -> push(new PyTuple(popLast(1)));
            case 0x86 -> push(new PyTuple(popLast(2)));
            case 0x87 -> push(new PyTuple(popLast(3)));
            case 't' -> push(new PyTuple(popToMark()));
            case ']' -> push(new PyList());
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());
            case '}' -> push(new PyDict());
            case 's' -> put(popLast(2));
            case 'u' -> put(popToMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Instructions that refer to something: the memo, names, calls, storages, the protocol. */
    private boolean reference(int opcode) {
        switch (opcode) {
            case 0x80 -> protocol(in.unsignedByte());
            case 0x95 -> frame(in.signedLong());
            case '0' -> pop();
            case 'h' -> push(recall(in.unsignedByte()));
            case 'j' -> push(recall(in.unsignedInt()));
            case 'q' -> remember(in.unsignedByte());
            case 'r' -> remember(in.unsignedInt());
            case 0x94 -> remember(memo.size());
            case 'c' -> push(resolver.global(in.line(), in.line()));
            case 0x93 -> {
                String name = string(pop());
                push(resolver.global(string(pop()), name));
            }
            case 'R' -> {
                List<Object> arguments = tuple(pop()).items;
                push(resolver.call(pop(), arguments));
            }
            case 'Q' -> push(resolver.persistent(pop()));
            case 'b' -> build();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void push(Object value) {
        charge(1);
        stack.add(value);
    }

    private void charge(int count) {
        values += count;
        if (values > MOST_VALUES) {
            throw new UnsupportedCheckpointException(
                    in.file().path(),
                    "the pickle makes more than "
                            + MOST_VALUES
                            + " values; weights need far fewer");
        }
    }

    private void pushOpaque(long length) {
        in.bytes(length);
        push(Constant.OPAQUE);
    }

    /** Values below the last mark belong to an outer list and cannot be taken. */
    private int floor() {
        return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    }

    private Object pop() {
        if (stack.size() <= floor()) {
            throw corrupt("takes a value from an empty stack");
        }
        return stack.remove(stack.size() - 1);
    }

    private Object top() {
        if (stack.size() <= floor()) {
            throw corrupt("uses a value of an empty stack");
        }
        return stack.get(stack.size() - 1);
    }

    private List<Object> popLast(int count) {
        if (stack.size() - count < floor()) {
            throw corrupt("takes a value from an empty stack");
        }
        List<Object> last = stack.subList(stack.size() - count, stack.size());
        List<Object> copy = List.copyOf(last);
        last.clear();
        return copy;
    }

    private void mark() {
        if (marks.size() == MOST_OPEN_MARKS) {
            throw new UnsupportedCheckpointException(
                    in.file().path(),
                    "the pickle is nested more than " + MOST_OPEN_MARKS + " deep; weights are not");
        }
        marks.add(stack.size());
    }

    private List<Object> popToMark() {
        if (marks.isEmpty()) {
            throw corrupt("closes a list that was not opened");
        }
        List<Object> items = popLast(stack.size() - floor());
        marks.remove(marks.size() - 1);
        return items;
    }

    private void append(List<Object> items) {
        if (!(top() instanceof PyList list)) {
            throw corrupt("appends to something that is not a list");
        }
        list.items.addAll(items);
    }

    private void put(List<Object> items) {
        if (!(top() instanceof PyDict dict)) {
            throw corrupt("sets an item of something that is not a dict");
        }
        if (items.size() % 2 != 0) {
            throw corrupt("sets a key without a value");
        }
        charge(items.size());
        for (int i = 0; i < items.size(); i += 2) {
            Object key = items.get(i);
            // Anything else would need Python's equality; containers could even contain themselves.
            if (!(key instanceof String
                    || key instanceof Number
                    || key instanceof Boolean
                    || key instanceof Constant)) {
                throw new UnsupportedCheckpointException(
                        in.file().path(),
                        "the pickle has a dict whose keys are neither strings nor"
                                + " numbers; weights are kept under strings");
            }
            dict.entries.put(key, items.get(i + 1));
        }
    }

    /**
     * State that an OrderedDict of weights carries is about versions of modules: of no use here.
     */
    private void build() {
        pop();
        if (!(top() instanceof PyDict)) {
            throw new UnsupportedCheckpointException(
                    in.file().path(), "the pickle gives state to something other than a dict");
        }
    }

    private Object recall(long index) {
        Object value = memo.get(index);
        if (value == null) {
            throw corrupt("recalls memo " + index + ", which was not stored");
        }
        return value;
    }

    private void remember(long index) {
        charge(1);
        memo.put(index, top());
    }

    private void protocol(int version) {
        if (version < 2 || version > 5) {
            throw new UnsupportedCheckpointException(
                    in.file().path(), "the pickle has protocol " + version + "; known are 2 to 5");
        }
    }

    private void frame(long length) {
        if (length < 0 || length > in.file().size()) {
            throw corrupt("has a frame of " + Long.toUnsignedString(length) + " bytes");
        }
    }

    private Number integer(long length) {
        if (length > 255) {
            throw corrupt("has an integer of " + length + " bytes; at most 255 are plausible");
        }
        byte[] bytes = in.bytes(length);
        for (int i = 0; i < bytes.length / 2; i++) {
            byte swap = bytes[i];
            bytes[i] = bytes[bytes.length - 1 - i];
            bytes[bytes.length - 1 - i] = swap;
        }
        BigInteger value = bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    private String string(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw corrupt("names something by a value that is not a string");
    }

    private PyTuple tuple(Object value) {
        if (value instanceof PyTuple tuple) {
            return tuple;
        }
        throw corrupt("calls something with arguments that are not a tuple");
    }

    private CorruptCheckpointException corrupt(String what) {
        return new CorruptCheckpointException(
                in.file().path(),
                "the pickle " + what + " (before position " + in.position() + ")");
    }
}
