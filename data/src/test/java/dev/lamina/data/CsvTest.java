package dev.lamina.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

    @TempDir
    Path folder;

    @Test
    void readsIris() {
        Dataset iris = Csv.dataset(
                Check.shared("data/tabular/iris.csv"),
                Csv.options().header(Csv.Header.SKIP).label(-1));
        assertEquals(150, iris.size());
        assertEquals(Shape.of(150, 4), iris.features().shape());
        assertArrayEquals(
                new float[] {5.1f, 3.5f, 1.4f, 0.2f}, iris.subset(0).features().toFloatArray());
        assertEquals(50, iris.labels().toLongArray()[149] * 25);
    }

    @Test
    void readsCaliforniaHousing() {
        Path file = Check.shared("data/tabular/california-housing.csv.gz");
        Csv.Options options =
                Csv.options().columns("median_income", "total_bedrooms").targets("median_house_value");
        Check.error(() -> Csv.dataset(file, options), "line 292", "total_bedrooms", "a missing cell");
        Dataset some = Csv.dataset(file, options.missing(Csv.Missing.SKIP_ROW));
        assertEquals(20_640 - 207, some.size());
        assertEquals("[features f32 (2,), labels f32 (1,)]", some.fields().toString());
        Dataset all = Csv.dataset(file, options.missing(Csv.Missing.NAN));
        assertEquals(20_640, all.size());
        Check.error(all::requireFinite, "'features'", "row 290, column 1");
        some.requireFinite();
        assertEquals(
                List.of("longitude", "latitude"),
                Csv.read(file, Csv.options().columns(0, 1)).names());
    }

    @Test
    void readsTitanicAroundItsText() {
        Path file = Check.shared("data/tabular/titanic-train.csv");
        Csv.Options options = Csv.options().columns("Pclass", "Fare").label("Survived");
        Dataset passengers = Csv.dataset(file, options);
        assertEquals(891, passengers.size());
        assertEquals(342, passengers.labels().sum().item());
        Check.error(() -> Csv.dataset(file, options.columns("Sex")), "line 2, column 5 ('Sex')", "'male'");
        Dataset ports = Csv.dataset(
                file, options.label("Embarked").classes("S", "C", "Q").missing(Csv.Missing.SKIP_ROW));
        assertEquals(889, ports.size());
        ports.requireClasses(3);
    }

    @Test
    void readsOtherDelimitersAndDtypes() {
        Csv.Table table = Csv.read(
                Check.shared("data/tabular/diabetes_data_raw.csv.gz"),
                Csv.options().delimiter(' ').dtype(DType.F64));
        assertEquals(Shape.of(442, 10), table.values().shape());
        assertEquals(DType.F64, table.values().dtype());
        assertEquals("column9", table.names().getLast());
    }

    @Test
    void numbersOfAllForms() throws IOException {
        Csv.Table table = Csv.read(write("\ufeffa,b\r\n 1 ,\"2\"\r\n-1.5e3,+.5\r\n\r\n7.,0.1\r\n"));
        assertEquals(List.of("a", "b"), table.names());
        assertArrayEquals(
                new float[] {1, 2, -1500, 0.5f, 7, 0.1f}, table.values().toFloatArray());
        // Rounded once: by way of a double this would become 1.00000011920928955078125.
        assertArrayEquals(
                new float[] {1.0f},
                Csv.read(write("1.000000059604644775390624999999999")).values().toFloatArray());
    }

    @Test
    void theFirstLine() throws IOException {
        assertEquals(List.of("a", "b"), Csv.read(write("a,b\n1,2")).names());
        assertEquals(List.of("column0", "column1"), Csv.read(write("3,4\n1,2")).names());
        assertEquals(Shape.of(0, 2), Csv.read(write("a,b\n")).values().shape());
        Check.error(() -> Csv.read(write("2020,b\n1,2")), "'b'", "'2020'", "PRESENT, ABSENT or SKIP");
        Csv.Options options = Csv.options();
        assertEquals(
                List.of("2020", "b"),
                Csv.read(write("2020,b\n1,2"), options.header(Csv.Header.PRESENT))
                        .names());
        assertEquals(
                Shape.of(1, 2),
                Csv.read(write("2020,b\n1,2"), options.header(Csv.Header.SKIP))
                        .values()
                        .shape());
        Check.error(() -> Csv.read(write("2020,b\n1,2"), options.header(Csv.Header.ABSENT)), "line 1, column 2", "'b'");
    }

    @Test
    void columnsByNameAndPlace() throws IOException {
        Path file = write("a,b,c\n1,2,3\n4,5,6");
        Csv.Options options = Csv.options();
        assertArrayEquals(
                new float[] {3, 1, 6, 4},
                Csv.read(file, options.columns("c", "a")).values().toFloatArray());
        assertArrayEquals(
                new float[] {3, 6}, Csv.read(file, options.columns(-1)).values().toFloatArray());
        Dataset dataset = Csv.dataset(file, options.targets(0, 2));
        assertArrayEquals(new float[] {2, 5}, dataset.features().toFloatArray());
        assertArrayEquals(new float[] {1, 3, 4, 6}, dataset.labels().toFloatArray());
        Check.error(() -> Csv.read(file, options.columns("d")), "'a, b, c' (3 columns)", "'d'");
        Check.error(() -> Csv.read(file, options.columns(3)), "got 3");
        Check.error(() -> Csv.dataset(file, options.label(-4)), "got -4");
        Check.error(() -> Csv.dataset(file, options), "label(-1)");
        Check.error(() -> options.label(0).targets(1), "got both");
        Check.error(() -> options.dtype(DType.I32), "f32 or f64");
        Check.error(() -> options.delimiter('"'), "delimiter");
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Csv.Options absent = Csv.options().header(Csv.Header.ABSENT);
        Check.error(() -> Csv.read(folder.resolve("none.csv")), "got no file");
        Check.error(() -> Csv.read(folder), folder.toString());
        Check.error(() -> Csv.read(write("")), "got an empty file");
        Check.error(() -> Csv.read(write("a,b\n1,2\n3\n")), "2 cells in line 3", "got 1");
        Check.error(() -> Csv.read(write("a,b\n1,2,3\n")), "2 cells in line 2", "got 3");
        Check.error(() -> Csv.read(write("a,b\n1,two\n")), "line 2, column 2 ('b')", "'two'");
        Check.error(() -> Csv.read(write("a,b\n1,\n")), "line 2, column 2 ('b')", "a missing cell");
        Check.error(() -> Csv.read(write("a,b\n1,NaN\n")), "'NaN'", "missing option");
        for (String cell : List.of("1e99", "0x1p3", "1f", "1d", "Infinity", "1,5".replace(',', '\''), "--1", "1e")) {
            Check.error(() -> Csv.read(write("1\n" + cell), absent), "line 2", cell);
        }
        Check.error(() -> Csv.read(write("1,2\n1,\"2\n3,4\n")), "line 2", "quote");
        Check.error(() -> Csv.read(write("1,2\n1,\"2\"3\n")), "line 2", "quote");
        Check.error(() -> Csv.dataset(write("1,2\n1,-3"), absent.label(1)), "class number", "'-3'");
        Check.error(() -> Csv.dataset(write("1,2\n1,2.5"), absent.label(1)), "class number", "'2.5'");
        Check.error(() -> Csv.dataset(write("1,x\n1,y"), absent.label(1).classes("x")), "[x]", "'y'");
        Check.error(
                () -> Csv.dataset(write("1,\n"), absent.label(1).missing(Csv.Missing.NAN)), "column 2", "missing cell");
        Check.error(() -> Csv.read(write("a\nb\u0007\n")), "line 2", "'b\\u0007'");
        byte[] packed = IdxTest.gzip("1,2\n3,4\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        Path cut = Files.write(folder.resolve("cut.csv"), java.util.Arrays.copyOf(packed, packed.length - 20));
        Check.error(() -> Csv.read(cut), "cut.csv", "EOFException");
    }

    @Test
    void gzipIsSeenFromTheContent() throws IOException {
        Path file = Files.write(folder.resolve("a.csv"), IdxTest.gzip("a,b\n1,2\n".getBytes(StandardCharsets.UTF_8)));
        assertTrue(Csv.read(file).values().toFloatArray()[1] == 2);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("file.csv"), text);
    }
}
