package dev.lamina.cpu.conv;

/**
 * How the outputs of a convolution are cut into bands: some planes each, or some rows of a plane each.
 *
 * @param planes images times depth
 * @param rows of a plane
 * @param planesPerBand planes of a band but for the last; 1 if planes are cut
 * @param rowsPerBand rows of a band, but for the last of a plane
 */
record Strips(int planes, int rows, int planesPerBand, int rowsPerBand) {
    /**
     * Bands of limited size, at least as many as wanted where that is possible.
     *
     * @param planeBytes bytes that a plane needs
     * @param mostBytes bytes that a band may need
     * @param joins whether a band may have several planes
     */
    static Strips of(int planes, int rows, long planeBytes, long mostBytes, int wanted, boolean joins) {
        int cuts = Math.clamp(Math.max(Math.ceilDiv(planeBytes, mostBytes), Math.ceilDiv(wanted, planes)), 1, rows);
        if (cuts > 1 || !joins) {
            return new Strips(planes, rows, 1, Math.ceilDiv(rows, cuts));
        }
        int most = Math.clamp(mostBytes / Math.max(1, planeBytes), 1, Math.ceilDiv(planes, wanted));
        return new Strips(planes, rows, Math.ceilDiv(planes, Math.ceilDiv(planes, most)), rows);
    }

    private int cuts() {
        return Math.ceilDiv(rows, rowsPerBand);
    }

    int bands() {
        return cuts() > 1 ? planes * cuts() : Math.ceilDiv(planes, planesPerBand);
    }

    /** Bands that the first planes fill. */
    int bandsIn(int count) {
        return count == planes ? bands() : count / planesPerBand * cuts();
    }

    /** The first plane of a band. */
    int plane(int band) {
        return cuts() > 1 ? band / cuts() : band * planesPerBand;
    }

    /** The first row of a band. */
    int row(int band) {
        return cuts() > 1 ? band % cuts() * rowsPerBand : 0;
    }

    int planes(int band) {
        return Math.min(planesPerBand, planes - plane(band));
    }

    int rows(int band) {
        return Math.min(rowsPerBand, rows - row(band));
    }

    /** Whether a band is as large as the first one. */
    boolean isWhole(int band) {
        return planes(band) == planes(0) && rows(band) == rows(0);
    }

    /** A band that is smaller than the first one, or 0: all such bands have the same size. */
    int smaller() {
        return cuts() > 1 ? cuts() - 1 : bands() - 1;
    }
}
