package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads tables of numbers from CSV files, plain or packed with gzip.
 *
 * <p>Only the columns in use must be numbers. An error names file, line, column and the text of the cell. A cell is
 * missing when it is blank or one of {@code NA}, {@code N/A}, {@code NaN}, {@code nan}, {@code null}, {@code ?}.
 *
 * <pre>{@code
 * Dataset iris = Csv.dataset(path, Csv.options().header(Csv.Header.SKIP).label(-1));
 * Dataset houses = Csv.dataset(path, Csv.options().columns("rooms", "age").targets("value").missing(SKIP_ROW));
 * Tensor values = Csv.read(path).values(); // (N, C)
 * }</pre>
 */
public final class Csv {

    private Csv() {}

    /** What the first line of a file is. */
    public enum Header {
        /** Column names if none of its cells is a number, data if all are; an error if they are mixed. */
        AUTO,
        /** Column names. */
        PRESENT,
        /** Data. */
        ABSENT,
        /** Neither: the line is left out. */
        SKIP
    }

    /** What happens at a missing cell in a column that is in use. */
    public enum Missing {
        /** An error that names line and column. */
        ERROR,
        /** The value becomes NaN; a class label or a target cannot be missing. */
        NAN,
        /** The whole row is left out. */
        SKIP_ROW
    }

    /** Names a column by the text in the header or by its place. */
    public sealed interface Column {
        /**
         * A column by its name in the header.
         *
         * @param text the name, exactly
         */
        record Name(String text) implements Column {}

        /**
         * A column by its place.
         *
         * @param index 0 for the first; negative numbers count from the end, -1 is the last
         */
        record Index(int index) implements Column {}
    }

    /**
     * How to read a file. The defaults are those of {@link Csv#options()}; each method gives a changed copy.
     *
     * @param delimiter between cells: a comma by default
     * @param header what the first line is: {@link Header#AUTO} by default
     * @param columns the feature columns in their order; empty (the default) means all that are no label or target
     * @param label the column of class labels for {@link Csv#dataset}
     * @param classes the texts of the classes 0, 1, ...; empty (the default) when the label cells hold numbers
     * @param targets the columns of target numbers for {@link Csv#dataset}, for regression
     * @param missing what happens at a missing cell: {@link Missing#ERROR} by default
     * @param dtype of features and targets: F32 (the default) or F64
     */
    public record Options(
            char delimiter,
            Header header,
            List<Column> columns,
            Optional<Column> label,
            List<String> classes,
            List<Column> targets,
            Missing missing,
            DType dtype) {

        /** Checks the values and copies the lists. */
        public Options {
            columns = List.copyOf(columns);
            classes = List.copyOf(classes);
            targets = List.copyOf(targets);
            if (delimiter == '"' || delimiter == '\n' || delimiter == '\r') {
                throw new DataException("csv options: expected a delimiter such as a comma, a semicolon or a tab, got a"
                        + " quote or a line break; choose another one");
            }
            if (dtype != DType.F32 && dtype != DType.F64) {
                throw new DataException("csv options: expected dtype f32 or f64, got " + dtype
                        + "; read as one of them and cast the tensor");
            }
            if (label.isPresent() && !targets.isEmpty()) {
                throw new DataException(
                        "csv options: expected a label or targets, got both; a class is a label, a number a target");
            }
        }

        /** These options with another delimiter. */
        public Options delimiter(char delimiter) {
            return new Options(delimiter, header, columns, label, classes, targets, missing, dtype);
        }

        /** These options with another meaning of the first line. */
        public Options header(Header header) {
            return new Options(delimiter, header, columns, label, classes, targets, missing, dtype);
        }

        /** These options with feature columns by name. */
        public Options columns(String... names) {
            return new Options(delimiter, header, named(names), label, classes, targets, missing, dtype);
        }

        /** These options with feature columns by place; -1 is the last column of the file. */
        public Options columns(int... indices) {
            return new Options(delimiter, header, placed(indices), label, classes, targets, missing, dtype);
        }

        /** These options with a label column by name. */
        public Options label(String name) {
            return label(new Column.Name(name));
        }

        /** These options with a label column by place; -1 is the last column of the file. */
        public Options label(int index) {
            return label(new Column.Index(index));
        }

        private Options label(Column column) {
            return new Options(delimiter, header, columns, Optional.of(column), classes, targets, missing, dtype);
        }

        /** These options for label cells that hold text: the first name is class 0, the next class 1 and so on. */
        public Options classes(String... names) {
            return new Options(delimiter, header, columns, label, List.of(names), targets, missing, dtype);
        }

        /** These options with target columns by name. */
        public Options targets(String... names) {
            return new Options(delimiter, header, columns, label, classes, named(names), missing, dtype);
        }

        /** These options with target columns by place; -1 is the last column of the file. */
        public Options targets(int... indices) {
            return new Options(delimiter, header, columns, label, classes, placed(indices), missing, dtype);
        }

        /** These options with another treatment of missing cells. */
        public Options missing(Missing missing) {
            return new Options(delimiter, header, columns, label, classes, targets, missing, dtype);
        }

        /** These options with another dtype, F32 or F64. */
        public Options dtype(DType dtype) {
            return new Options(delimiter, header, columns, label, classes, targets, missing, dtype);
        }

        private static List<Column> named(String... names) {
            return Arrays.stream(names).<Column>map(Column.Name::new).toList();
        }

        private static List<Column> placed(int... indices) {
            return Arrays.stream(indices).<Column>mapToObj(Column.Index::new).toList();
        }
    }

    /**
     * Columns of a file.
     *
     * @param names their names; {@code "column0"}, {@code "column1"}, ... when the file has no header
     * @param values (N, C)
     */
    public record Table(List<String> names, Tensor values) {
        /** Copies the names. */
        public Table {
            names = List.copyOf(names);
        }
    }

    /** The options to start from: comma, automatic header, all columns, missing cells are errors, F32. */
    public static Options options() {
        return new Options(
                ',', Header.AUTO, List.of(), Optional.empty(), List.of(), List.of(), Missing.ERROR, DType.F32);
    }

    /**
     * Reads all columns of a file with the default options.
     *
     * @param file a CSV file
     * @return its names and numbers
     * @throws DataException if the file cannot be read or a cell is no number
     */
    public static Table read(Path file) {
        return read(file, options());
    }

    /**
     * Reads the feature columns of a file.
     *
     * @param file a CSV file
     * @param options how to read it
     * @return names and numbers of the columns
     * @throws DataException if the file cannot be read, a column does not exist, or a cell is no number
     */
    public static Table read(Path file, Options options) {
        CsvTable table = CsvTable.read(file, options);
        return new Table(table.featureNames(), table.features());
    }

    /**
     * Reads a dataset: features (C) of the feature columns, and labels, which are I64 of shape () from a label column
     * or numbers of shape (T) from T target columns.
     *
     * @param file a CSV file
     * @param options how to read it; they name a label or targets
     * @return the dataset
     * @throws DataException if the file cannot be read, a column does not exist, a cell is no number, or a label is no
     *     class
     */
    public static Dataset dataset(Path file, Options options) {
        if (options.label().isEmpty() && options.targets().isEmpty()) {
            throw new DataException(
                    file + ": expected options that name a label or targets, got none; add label(-1) for"
                            + " the last column");
        }
        CsvTable table = CsvTable.read(file, options);
        return Dataset.of(table.features(), table.labels());
    }
}
