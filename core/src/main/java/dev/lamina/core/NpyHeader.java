package dev.lamina.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the header of a {@code .npy} file says: a Python dictionary with the keys descr, fortran_order and shape.
 *
 * @param where the file, for messages
 * @param stored the element type in the file
 * @param order the byte order in the file
 * @param fortran true when the first axis varies fastest
 * @param shape the extents
 */
record NpyHeader(String where, Stored stored, ByteOrder order, boolean fortran, Shape shape) {

    /** NumPy's element types that we read, each with the dtype it becomes. */
    enum Stored {
        F2(DType.F16, 2),
        F4(DType.F32, 4),
        F8(DType.F64, 8),
        I1(DType.I8, 1),
        I2(DType.I32, 2),
        I4(DType.I32, 4),
        I8(DType.I64, 8),
        U1(DType.U8, 1),
        U2(DType.I32, 2),
        U4(DType.I64, 4),
        B1(DType.BOOL, 1);

        final DType dtype;
        final int bytes;

        Stored(DType dtype, int bytes) {
            this.dtype = dtype;
            this.bytes = bytes;
        }
    }

    static NpyHeader of(Tensor tensor) {
        Stored stored = switch (tensor.dtype()) {
            case F64 -> Stored.F8;
            case F16 -> Stored.F2;
            case I64 -> Stored.I8;
            case I32 -> Stored.I4;
            case I8 -> Stored.I1;
            case U8 -> Stored.U1;
            case BOOL -> Stored.B1;
            case F32 -> Stored.F4;
            case BF16 ->
                throw new DTypeException("npy: expected a dtype that NumPy has, got bf16 of shape " + tensor.shape()
                        + "; cast it to F32 first, or write safetensors");
        };
        return new NpyHeader("npy", stored, ByteOrder.LITTLE_ENDIAN, false, tensor.shape());
    }

    /** The dictionary as Python prints it, without padding. */
    byte[] encode() {
        String order = stored.bytes == 1 ? "|" : "<";
        String descr = order + stored.name().toLowerCase(java.util.Locale.ROOT);
        return ("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }")
                .getBytes(StandardCharsets.US_ASCII);
    }

    long byteSize() {
        return shape.size() * stored.bytes;
    }

    /** Makes the tensor from the bytes behind the header; there are exactly as many as {@link #byteSize()} says. */
    Tensor tensor(MemorySegment data) {
        try (Arena arena = Arena.ofConfined()) {
            DType dtype = stored.dtype;
            MemorySegment values = arena.allocate(Math.max(1, shape.size() * dtype.bytes()), 8)
                    .asSlice(0, shape.size() * dtype.bytes());
            decode(data, values);
            if (!fortran || shape.rank() < 2) {
                return Tensor.of(values, dtype, shape);
            }
            int rank = shape.rank();
            int[] reversedDims = new int[rank];
            int[] reversedAxes = new int[rank];
            for (int i = 0; i < rank; i++) {
                reversedDims[i] = shape.dim(rank - 1 - i);
                reversedAxes[i] = rank - 1 - i;
            }
            return Tensor.of(values, dtype, Shape.of(reversedDims))
                    .permute(reversedAxes)
                    .evaluate();
        }
    }

    private void decode(MemorySegment data, MemorySegment values) {
        switch (stored) {
            case F2, F4, F8, I1, I4, I8, U1 -> {
                ValueLayout layout = layout(stored.bytes);
                MemorySegment.copy(data, layout.withOrder(order), 0, values, layout, 0, shape.size());
            }
            case B1 -> decodeBooleans(data, values);
            case I2, U2 -> {
                ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
                for (long i = 0; i < shape.size(); i++) {
                    short bits = data.get(layout, 2 * i);
                    values.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, stored == Stored.U2 ? bits & 0xFFFF : bits);
                }
            }
            case U4 -> {
                ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
                for (long i = 0; i < shape.size(); i++) {
                    values.set(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i, data.get(layout, 4 * i) & 0xFFFFFFFFL);
                }
            }
        }
    }

    /** The layout of an element as plain bits: copies between byte orders need only its width. */
    static ValueLayout layout(int bytes) {
        return switch (bytes) {
            case 1 -> ValueLayout.JAVA_BYTE;
            case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
            case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
            case 8 -> ValueLayout.JAVA_LONG_UNALIGNED;
            default -> throw new IllegalArgumentException("element width " + bytes);
        };
    }

    private void decodeBooleans(MemorySegment data, MemorySegment values) {
        for (long i = 0; i < shape.size(); i++) {
            byte value = data.get(ValueLayout.JAVA_BYTE, i);
            if (value != 0 && value != 1) {
                throw new DataException(where + ": expected truth values 0 or 1, got " + (value & 0xFF) + " at element "
                        + i + "; the file is damaged, write it again");
            }
            values.set(ValueLayout.JAVA_BYTE, i, value);
        }
    }

    @Override
    public String toString() {
        return "dtype " + stored.name().toLowerCase(java.util.Locale.ROOT) + " of shape " + shape;
    }

    static NpyHeader parse(String text, String where) {
        return new Parser(text, where).header();
    }

    /** Reads the small part of Python's syntax that NumPy writes. */
    private static final class Parser {
        private final String text;
        private final String where;
        private int at;

        Parser(String text, String where) {
            this.text = text;
            this.where = where;
        }

        NpyHeader header() {
            String descr = "";
            Boolean fortran = null;
            Shape shape = null;
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                switch (key) {
                    case "descr" -> descr = descr();
                    case "fortran_order" -> fortran = bool();
                    case "shape" -> shape = shape();
                    default -> throw error("the keys descr, fortran_order and shape");
                }
                if (!accept(',')) {
                    expect('}');
                    break;
                }
            }
            skipSpace();
            if (at < text.length()) {
                throw error("the end of the header");
            }
            if (descr.isEmpty() || fortran == null || shape == null) {
                throw error("the keys descr, fortran_order and shape");
            }
            return new NpyHeader(where, stored(descr, shape), order(descr), fortran, shape);
        }

        private Stored stored(String descr, Shape shape) {
            for (Stored stored : Stored.values()) {
                if (descr.substring(1).equalsIgnoreCase(stored.name()) && "<>|=".indexOf(descr.charAt(0)) >= 0) {
                    if (shape.size() > Long.MAX_VALUE / 8) {
                        throw error("a shape of fewer bytes than 2^63");
                    }
                    return stored;
                }
            }
            throw new DataException(where + ": expected a dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 or b1, got '"
                    + printable(descr) + "'; convert it with numpy's astype and save it again");
        }

        private ByteOrder order(String descr) {
            return switch (descr.charAt(0)) {
                case '>' -> ByteOrder.BIG_ENDIAN;
                case '=' -> ByteOrder.nativeOrder();
                default -> ByteOrder.LITTLE_ENDIAN;
            };
        }

        private String descr() {
            skipSpace();
            if (at < text.length() && text.charAt(at) == '[') {
                throw new DataException(where + ": expected one dtype, got a structured array with fields"
                        + "; save each field as an array of its own");
            }
            String descr = string();
            if (descr.length() < 2) {
                throw error("a dtype such as '<f4'");
            }
            return descr;
        }

        private boolean bool() {
            skipSpace();
            for (String word : List.of("True", "False")) {
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("True");
                }
            }
            throw error("True or False");
        }

        private Shape shape() {
            List<Integer> dims = new ArrayList<>();
            long size = 1;
            expect('(');
            while (!accept(')')) {
                int dim = number();
                dims.add(dim);
                if (dim != 0 && size > Long.MAX_VALUE / dim) {
                    throw error("a shape of fewer elements than 2^63");
                }
                size *= dim;
                if (!accept(',')) {
                    expect(')');
                    break;
                }
            }
            return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
        }

        private int number() {
            skipSpace();
            long value = 0;
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                value = 10 * value + (text.charAt(at++) - '0');
                if (value > Integer.MAX_VALUE) {
                    throw error("extents below 2^31");
                }
            }
            if (at == start) {
                throw error("an extent of 0 or more");
            }
            if (at < text.length() && text.charAt(at) == 'L') {
                at++; // Python 2 wrote long integers so.
            }
            return (int) value;
        }

        private String string() {
            skipSpace();
            if (at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '"')) {
                int end = text.indexOf(text.charAt(at), at + 1);
                if (end > 0) {
                    String value = text.substring(at + 1, end);
                    at = end + 1;
                    return value;
                }
            }
            throw error("a quoted string");
        }

        private boolean accept(char c) {
            skipSpace();
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw error("'" + c + "'");
            }
        }

        private void skipSpace() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private DataException error(String expected) {
            String rest = at < text.length() ? text.substring(at, Math.min(text.length(), at + 20)) : "the end";
            return new DataException(where + ": expected " + expected + " in the .npy header, got '" + printable(rest)
                    + "' at character " + at + "; the file is damaged, write it again");
        }

        private static String printable(String text) {
            return text.replaceAll("[^\\x20-\\x7e]", "?");
        }
    }
}
