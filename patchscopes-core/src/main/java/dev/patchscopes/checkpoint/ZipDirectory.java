package dev.patchscopes.checkpoint;

import dev.patchscopes.checkpoint.internal.Interrupts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The directory of a zip archive, for entries stored without compression.
 *
 * <p>Only positions and sizes are read, so that tensors can be read from the archive in place;
 * zip64 included. Sizes come from the directory at the end, and each entry must lie before it.
 */
final class ZipDirectory {

    static final int LOCAL_SIGNATURE = 0x04034b50;

    private static final int CENTRAL_SIGNATURE = 0x02014b50;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int LOCATOR64_SIGNATURE = 0x07064b50;
    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR64_BYTES = 20;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final int LARGEST_DIRECTORY = 1 << 24;
    private static final int EXTRA_ZIP64 = 1;
    private static final int METHOD_STORED = 0;
    private static final int FLAG_ENCRYPTED = 1;
    private static final int CHUNK = 1 << 16;

    private final DataFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long directoryStart;

    private ZipDirectory(DataFile file) {
        this.file = file;
    }

    /** One line of the directory; {@code header} is the position of the entry's own header. */
    record Entry(
            String name, int flags, int method, int crc, long stored, long size, long header) {}

    static ZipDirectory read(DataFile file) {
        ZipDirectory directory = new ZipDirectory(file);
        directory.readEnd();
        return directory;
    }

    /** Entries by name, in the order of the directory. */
    Map<String, Entry> entries() {
        return entries;
    }

    /** Where the bytes of an entry are. */
    TorchTensors.Piece piece(Entry entry) {
        if (entry.method != METHOD_STORED || (entry.flags & FLAG_ENCRYPTED) != 0) {
            throw new UnsupportedCheckpointException(
                    file.path(),
                    "entry '"
                            + entry.name
                            + "' of the archive is compressed or encrypted (method "
                            + entry.method
                            + "); torch.save stores entries as they are, so save it again");
        }
        if (entry.stored != entry.size) {
            throw corrupt(
                    "entry '"
                            + entry.name
                            + "' is uncompressed but claims "
                            + entry.stored
                            + " bytes for "
                            + entry.size);
        }
        if (entry.header > directoryStart - LOCAL_BYTES) {
            throw corrupt("entry '" + entry.name + "' lies outside the archive");
        }
        ByteBuffer local = bytes(entry.header, LOCAL_BYTES);
        if (local.getInt(0) != LOCAL_SIGNATURE) {
            throw corrupt("entry '" + entry.name + "' is not where the directory says");
        }
        int variable = (local.getShort(26) & 0xffff) + (local.getShort(28) & 0xffff);
        long data = entry.header + LOCAL_BYTES + variable;
        if (data > directoryStart || entry.size > directoryStart - data) {
            throw corrupt(
                    "entry '"
                            + entry.name
                            + "' of "
                            + entry.size
                            + " bytes at "
                            + data
                            + " does not fit before the directory at "
                            + directoryStart);
        }
        return new TorchTensors.Piece(data, entry.size);
    }

    /** Reads every entry and compares its check sum. */
    void verify() {
        byte[] chunk = new byte[CHUNK];
        for (Entry entry : entries.values()) {
            TorchTensors.Piece piece = piece(entry);
            CRC32 crc = new CRC32();
            for (long done = 0; done < piece.bytes(); done += chunk.length) {
                if (done > 0) {
                    Interrupts.check(
                            "the reading of entry '" + entry.name + "'",
                            done,
                            piece.bytes(),
                            "bytes");
                }
                int n = (int) Math.min(chunk.length, piece.bytes() - done);
                file.read(piece.position() + done, ByteBuffer.wrap(chunk, 0, n));
                crc.update(chunk, 0, n);
            }
            if ((int) crc.getValue() != entry.crc) {
                throw corrupt(
                        "entry '"
                                + entry.name
                                + "' of the archive is not what it was when it was written (its"
                                + " CRC-32 is another); if torch.serialization.set_crc32_options"
                                + "(False) kept PyTorch from writing check sums, save it with them");
            }
        }
    }

    /** The last record: where the directory is. */
    private void readEnd() {
        int tailLength = (int) Math.min(file.size(), END_BYTES + LONGEST_COMMENT);
        long tailStart = file.size() - tailLength;
        ByteBuffer tail = bytes(tailStart, tailLength);
        for (int at = tailLength - END_BYTES; at >= 0; at--) {
            int comment = tail.getShort(at + 20) & 0xffff;
            if (tail.getInt(at) == END_SIGNATURE && at + END_BYTES + comment == tailLength) {
                readEnd(tail, at, tailStart + at);
                return;
            }
        }
        throw corrupt("the archive's directory is missing: the file was cut short");
    }

    private void readEnd(ByteBuffer tail, int at, long position) {
        long count = tail.getShort(at + 10) & 0xffff;
        long length = Integer.toUnsignedLong(tail.getInt(at + 12));
        long start = Integer.toUnsignedLong(tail.getInt(at + 16));
        long end = position;
        if (count == 0xffff || length == 0xffffffffL || start == 0xffffffffL) {
            ByteBuffer end64 = readEnd64(position);
            count = end64.getLong(32);
            length = end64.getLong(40);
            start = end64.getLong(48);
        }
        if (length < 0 || start < 0 || start > end || length > end - start) {
            throw corrupt(
                    "the archive's directory of "
                            + length
                            + " bytes at "
                            + start
                            + " does not fit before its end at "
                            + end);
        }
        if (length > LARGEST_DIRECTORY || count < 0 || count > length / CENTRAL_BYTES) {
            throw corrupt(
                    "the archive's directory claims " + count + " entries in " + length + " bytes");
        }
        directoryStart = start;
        readEntries(bytes(start, (int) length), (int) count);
    }

    private ByteBuffer readEnd64(long endPosition) {
        if (endPosition < LOCATOR64_BYTES + END64_BYTES) {
            throw corrupt("the archive's 64-bit directory is missing");
        }
        ByteBuffer locator = bytes(endPosition - LOCATOR64_BYTES, LOCATOR64_BYTES);
        long position = locator.getLong(8);
        if (locator.getInt(0) != LOCATOR64_SIGNATURE
                || position < 0
                || position > endPosition - LOCATOR64_BYTES - END64_BYTES) {
            throw corrupt("the archive's 64-bit directory is missing");
        }
        ByteBuffer end64 = bytes(position, END64_BYTES);
        if (end64.getInt(0) != END64_SIGNATURE) {
            throw corrupt("the archive's 64-bit directory is not where it should be");
        }
        return end64;
    }

    private void readEntries(ByteBuffer directory, int count) {
        for (int i = 0; i < count; i++) {
            if (directory.remaining() < CENTRAL_BYTES
                    || directory.getInt(directory.position()) != CENTRAL_SIGNATURE) {
                throw corrupt("line " + i + " of the archive's directory is damaged");
            }
            int at = directory.position();
            int nameLength = directory.getShort(at + 28) & 0xffff;
            int extraLength = directory.getShort(at + 30) & 0xffff;
            int commentLength = directory.getShort(at + 32) & 0xffff;
            int length = CENTRAL_BYTES + nameLength + extraLength + commentLength;
            if (directory.remaining() < length) {
                throw corrupt("line " + i + " of the archive's directory is cut short");
            }
            byte[] utf8 = new byte[nameLength];
            directory.get(at + CENTRAL_BYTES, utf8);
            String name = new String(utf8, StandardCharsets.UTF_8);
            ByteBuffer extra =
                    directory
                            .slice(at + CENTRAL_BYTES + nameLength, extraLength)
                            .order(ByteOrder.LITTLE_ENDIAN);
            if (entries.put(name, entry(name, directory, at, extra)) != null) {
                throw corrupt("two entries of the archive are named '" + name + "'");
            }
            directory.position(at + length);
        }
    }

    /** Values too large for their 32 bits follow in an extra field, in this order. */
    private Entry entry(String name, ByteBuffer directory, int at, ByteBuffer extra) {
        long stored = Integer.toUnsignedLong(directory.getInt(at + 20));
        long size = Integer.toUnsignedLong(directory.getInt(at + 24));
        long header = Integer.toUnsignedLong(directory.getInt(at + 42));
        ByteBuffer wide = zip64(extra);
        size = widen(name, size, wide);
        stored = widen(name, stored, wide);
        header = widen(name, header, wide);
        return new Entry(
                name,
                directory.getShort(at + 8) & 0xffff,
                directory.getShort(at + 10) & 0xffff,
                directory.getInt(at + 16),
                stored,
                size,
                header);
    }

    private long widen(String name, long value, ByteBuffer wide) {
        if (value != 0xffffffffL) {
            return value;
        }
        long widened = wide.remaining() < Long.BYTES ? -1 : wide.getLong();
        if (widened < 0) {
            throw corrupt("entry '" + name + "' lacks its 64-bit sizes");
        }
        return widened;
    }

    private static ByteBuffer zip64(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xffff;
            int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
            if (id == EXTRA_ZIP64) {
                return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private ByteBuffer bytes(long position, int length) {
        return ByteBuffer.wrap(file.read(position, length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private CorruptCheckpointException corrupt(String message) {
        return new CorruptCheckpointException(file.path(), message);
    }
}
