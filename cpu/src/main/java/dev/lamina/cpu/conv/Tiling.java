package dev.lamina.cpu.conv;

/**
 * The tiles of a minimal filter: squares of outputs, in bands that are some images each, or some rows of tiles of an image.
 */
final class Tiling {
    private final Filter filter;
    private final Axis height;
    private final Axis width;
    private final int columns;
    private final Strips strips;
    private final int kinds;

    /**
     * @param tileBytes bytes that a tile needs
     * @param mostBytes bytes that a band may need
     * @param wanted bands that are worth while
     */
    Tiling(Filter filter, int images, Axis height, Axis width, long tileBytes, long mostBytes, int wanted) {
        this.filter = filter;
        this.height = height;
        this.width = width;
        columns = filter.tiles(width.outputs());
        int rows = filter.tiles(height.outputs());
        strips = Strips.of(images, rows, tileBytes * rows * columns, mostBytes, wanted, true);
        kinds = isCut() ? Math.ceilDiv(rows, strips.rowsPerBand()) : 2;
    }

    private boolean isCut() {
        return strips.rowsPerBand() < strips.rows();
    }

    int bands() {
        return strips.bands();
    }

    int tiles(int band) {
        return strips.planes(band) * strips.rows(band) * columns;
    }

    int image(int band) {
        return strips.plane(band);
    }

    /** First row of pixels of a band, and how many it has, if rows of all images are counted. */
    int firstRow(int band) {
        return strips.plane(band) * height.outputs() + strips.row(band) * filter.outputs();
    }

    int rows(int band) {
        int rows =
                Math.min(strips.rows(band) * filter.outputs(), height.outputs() - strips.row(band) * filter.outputs());
        return strips.planes(band) * rows;
    }

    /** How many different lists of items bands have, and which one a band has. */
    int kinds() {
        return kinds;
    }

    int kind(int band) {
        return isCut() ? strips.row(band) / strips.rowsPerBand() : strips.isWhole(band) ? 0 : 1;
    }

    /** A band that has a list. */
    int example(int kind) {
        return isCut() || kind == 0 ? kind : strips.smaller();
    }

    /**
     * Pixels of the source, whose places are counted from the band's first image on, to rows of planes.
     *
     * @param pixel bytes of a pixel
     * @param row bytes of a row of a plane
     */
    Table sources(int kind, long pixel, long row) {
        Side source =
                new Side(height.inputs(), width.inputs(), height.before(), width.before(), filter.inputs(), pixel);
        return items(example(kind), source, row, false);
    }

    /** Outputs, likewise; to or from rows of planes. */
    Table outputs(int kind, long pixel, long row, boolean toImage) {
        Side outputs = new Side(height.outputs(), width.outputs(), 0, 0, filter.outputs(), pixel);
        return items(example(kind), outputs, row, toImage);
    }

    /** An image of pixels, of which tiles have so many each way, the first one beginning before the image. */
    private record Side(int height, int width, int above, int left, int size, long pixel) {
        long place(int image, int y, int x) {
            return (((long) image * height + y) * width + x) * pixel;
        }

        /** Which of a tile's positions are inside. */
        long inside(int first, int extent) {
            long bits = 0;
            for (int i = 0; i < size; i++) {
                bits |= first + i >= 0 && first + i < extent ? 1L << i : 0;
            }
            return bits;
        }
    }

    private Table items(int band, Side side, long row, boolean toImage) {
        int count = tiles(band);
        long[] items = new long[1 + count * WinogradCode.ITEM / Long.BYTES];
        items[0] = count;
        for (int tile = 0; tile < count; tile++) {
            int x = tile % columns * filter.outputs() - side.left();
            int line = tile / columns;
            int y = (strips.row(band) + line % strips.rows(band)) * filter.outputs() - side.above();
            long place = side.place(line / strips.rows(band), y, x);
            int at = 1 + tile * WinogradCode.ITEM / Long.BYTES;
            items[at] = toImage ? tile * row : place;
            items[at + 1] = toImage ? place : tile * row;
            items[at + 2] = side.inside(y, side.height());
            items[at + 3] = side.inside(x, side.width());
        }
        return new Table(items);
    }
}
