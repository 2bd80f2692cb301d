package dev.lamina.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/** Reads one CSV file, line by line, into columns of numbers. */
final class CsvTable {

    private static final Set<String> MISSING = Set.of("", "NA", "N/A", "NaN", "nan", "null", "?");

    private final Path file;
    private final Csv.Options options;
    private final List<String> names;
    private final int[] features;
    private final int[] targets;
    private final double[] row;
    private final Numbers featureValues = new Numbers();
    private final Numbers targetValues = new Numbers();
    private int rows;

    /** Numbers in an array that grows. */
    private static final class Numbers {
        private double[] values = new double[256];
        private int size;

        void add(double[] more, int from, int count) {
            if (size > Integer.MAX_VALUE - 8 - count) {
                throw new DataException(
                        "csv: expected fewer than 2^31 cells, got more; read fewer columns or split the file");
            }
            if (size + count > values.length) {
                values = Arrays.copyOf(values, Math.max(size + count, (int)
                        Math.min(values.length * 3L / 2, Integer.MAX_VALUE - 8)));
            }
            System.arraycopy(more, from, values, size, count);
            size += count;
        }
    }

    private CsvTable(Path file, Csv.Options options, List<String> names) {
        this.file = file;
        this.options = options;
        this.names = names;
        List<Csv.Column> targetColumns = options.label().map(List::of).orElse(options.targets());
        this.targets = targetColumns.stream().mapToInt(this::index).toArray();
        this.features = options.columns().isEmpty()
                ? IntStream.range(0, names.size())
                        .filter(i -> Arrays.stream(targets).noneMatch(t -> t == i))
                        .toArray()
                : options.columns().stream().mapToInt(this::index).toArray();
        this.row = new double[features.length + targets.length];
    }

    static CsvTable read(Path file, Csv.Options options) {
        try (Source source = Source.open(file);
                CsvReader<CsvRecord> reader = CsvReader.builder()
                        .fieldSeparator(options.delimiter())
                        .extraFieldStrategy(FieldMismatchStrategy.IGNORE) // we word this error ourselves
                        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .allowUnclosedQuote(false)
                        .detectBomHeader(true)
                        .ofCsvRecord(source.stream(), StandardCharsets.UTF_8)) {
            CsvTable table = null;
            boolean skip = options.header() == Csv.Header.SKIP;
            for (CsvRecord line : reader) {
                if (skip) {
                    skip = false;
                } else if (table == null) {
                    boolean data = isData(file, options, line);
                    table = new CsvTable(file, options, names(line, data));
                    if (data) {
                        table.add(line);
                    }
                } else {
                    table.add(line);
                }
            }
            if (table == null) {
                throw new DataException(file + ": expected a table, got an empty file; check the path");
            }
            return table;
        } catch (IOException e) {
            throw Source.unreadable(file, "a CSV file", e);
        } catch (UncheckedIOException e) {
            throw Source.unreadable(file, "a CSV file", e.getCause());
        } catch (CsvParseException e) {
            Throwable cause = e.getCause();
            String detail = Source.reason(e) + (cause instanceof Exception inner ? ", " + Source.reason(inner) : "");
            throw new DataException(
                    file + ": expected a CSV file, got " + detail + "; check quotes and the delimiter", e);
        }
    }

    /** True when the first line holds numbers and not names. */
    private static boolean isData(Path file, Csv.Options options, CsvRecord line) {
        return switch (options.header()) {
            case PRESENT -> false;
            case ABSENT, SKIP -> true;
            case AUTO -> {
                List<String> present = line.getFields().stream()
                        .filter(cell -> !MISSING.contains(cell.strip()))
                        .toList();
                List<String> numbers = present.stream()
                        .filter(cell -> parse(cell, DType.F64).isPresent())
                        .toList();
                if (!numbers.isEmpty() && numbers.size() < present.size()) {
                    String text = present.stream()
                            .filter(c -> !numbers.contains(c))
                            .findFirst()
                            .orElse("");
                    throw new DataException(file + ": expected a first line of names or of numbers, got both ("
                            + Source.quote(text) + " and " + Source.quote(numbers.getFirst())
                            + "); say which with the header option: PRESENT, ABSENT or SKIP");
                }
                yield !numbers.isEmpty();
            }
        };
    }

    private static List<String> names(CsvRecord line, boolean data) {
        return data
                ? IntStream.range(0, line.getFieldCount())
                        .mapToObj(i -> "column" + i)
                        .toList()
                : line.getFields().stream().map(String::strip).toList();
    }

    List<String> featureNames() {
        return Arrays.stream(features).mapToObj(names::get).toList();
    }

    /** The feature columns, (N, C). */
    Tensor features() {
        return tensor(featureValues, features.length);
    }

    /** The class labels, (N) in I64, or the targets, (N, T). */
    Tensor labels() {
        if (options.label().isEmpty()) {
            return tensor(targetValues, targets.length);
        }
        return Elements.tensor(DType.I64, Shape.of(rows), to -> {
            for (int i = 0; i < rows; i++) {
                to.setAtIndex(ValueLayout.JAVA_LONG, i, (long) targetValues.values[i]);
            }
        });
    }

    private Tensor tensor(Numbers numbers, int columns) {
        return Elements.tensor(options.dtype(), Shape.of(rows, columns), to -> {
            for (int i = 0; i < numbers.size; i++) {
                if (options.dtype() == DType.F64) {
                    to.setAtIndex(ValueLayout.JAVA_DOUBLE, i, numbers.values[i]);
                } else {
                    to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers.values[i]);
                }
            }
        });
    }

    private int index(Csv.Column column) {
        int index = switch (column) {
            case Csv.Column.Name name -> names.indexOf(name.text());
            case Csv.Column.Index place -> place.index() < 0 ? place.index() + names.size() : place.index();
        };
        if (index < 0 || index >= names.size()) {
            String asked = switch (column) {
                case Csv.Column.Name name -> Source.quote(name.text());
                case Csv.Column.Index place -> String.valueOf(place.index());
            };
            throw new DataException(file + ": expected a column among " + Source.quote(String.join(", ", names)) + " ("
                    + names.size() + " columns), got " + asked + "; use one of these names or a place from 0 on");
        }
        return index;
    }

    private void add(CsvRecord line) {
        if (line.getFieldCount() != names.size()) {
            throw new DataException(file + ": expected " + names.size() + " cells in line "
                    + line.getStartingLineNumber() + " as in the first line, got " + line.getFieldCount()
                    + "; check the delimiter and the line");
        }
        for (int i = 0; i < row.length; i++) {
            boolean target = i >= features.length;
            int column = target ? targets[i - features.length] : features[i];
            String cell = line.getField(column).strip();
            boolean missing =
                    MISSING.contains(cell) && !(target && options.classes().contains(cell));
            if (!missing) {
                row[i] = target && options.label().isPresent()
                        ? classOf(cell, line, column)
                        : number(cell, line, column);
            } else if (options.missing() == Csv.Missing.SKIP_ROW) {
                return;
            } else if (options.missing() == Csv.Missing.NAN && !target) {
                row[i] = Double.NaN;
            } else {
                throw cellError(
                        "a number",
                        cell.isEmpty() ? "a missing cell" : Source.quote(cell),
                        line,
                        column,
                        "fill it in or choose another treatment with the missing option");
            }
        }
        featureValues.add(row, 0, features.length);
        targetValues.add(row, features.length, targets.length);
        rows++;
    }

    private double number(String cell, CsvRecord line, int column) {
        OptionalDouble number = parse(cell, options.dtype());
        if (number.isEmpty()) {
            throw cellError(
                    "a finite " + options.dtype() + " number",
                    Source.quote(cell),
                    line,
                    column,
                    "correct the cell or leave out this column");
        }
        return number.getAsDouble();
    }

    private double classOf(String cell, CsvRecord line, int column) {
        if (!options.classes().isEmpty()) {
            int index = options.classes().indexOf(cell);
            if (index < 0) {
                throw cellError(
                        "a class among " + options.classes(),
                        Source.quote(cell),
                        line,
                        column,
                        "add the class or correct the cell");
            }
            return index;
        }
        OptionalDouble number = parse(cell, DType.F64);
        double value = number.orElse(-1);
        if (value < 0 || value != Math.rint(value) || value > Integer.MAX_VALUE) {
            throw cellError(
                    "a class number 0, 1, 2, ...",
                    Source.quote(cell),
                    line,
                    column,
                    "name the classes with the classes option if the cells hold text");
        }
        return value;
    }

    private DataException cellError(String expected, String got, CsvRecord line, int column, String fix) {
        return new DataException(file + ": expected " + expected + " in line " + line.getStartingLineNumber()
                + ", column " + (column + 1) + " (" + Source.quote(names.get(column)) + "), got " + got + "; " + fix);
    }

    /** The number in a cell, or nothing when the text is no finite decimal number of this dtype. */
    private static OptionalDouble parse(String cell, DType dtype) {
        String text = cell.strip();
        if (text.isEmpty()) {
            return OptionalDouble.empty();
        }
        // Java also reads 1f, 0x1p3, NaN and Infinity, which are no numbers of a table.
        char last = text.charAt(text.length() - 1);
        boolean decimal = (last >= '0' && last <= '9') || last == '.';
        if (!decimal || text.indexOf('x') >= 0 || text.indexOf('X') >= 0) {
            return OptionalDouble.empty();
        }
        try {
            // Not by way of double: that would round twice.
            double value = dtype == DType.F32 ? Float.parseFloat(text) : Double.parseDouble(text);
            return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }
}
