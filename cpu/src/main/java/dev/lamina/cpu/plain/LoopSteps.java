package dev.lamina.cpu.plain;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The steps of a loop by phase, and the registers they use. */
final class LoopSteps {
    private record Entry(Step step, List<Register> reads, List<Register> writes) {}

    /** Rough costs of a step for one element, in nanoseconds. */
    private static final double LIGHT = 0.1;

    private static final double HEAVY = 1;

    private final Map<Phase, List<Entry>> entries = new EnumMap<>(Phase.class);
    private final List<Fold> folds = new ArrayList<>();
    private final Map<Kind, List<Integer>> lengths = new EnumMap<>(Kind.class);
    private double heavyCost;
    private int rows;
    private int size;

    LoopSteps() {
        for (Phase phase : Phase.values()) {
            entries.put(phase, new ArrayList<>());
        }
        for (Kind kind : Kind.values()) {
            lengths.put(kind, new ArrayList<>());
        }
    }

    /** Adds a step at the end of its phase. */
    void add(Phase phase, Step step, List<Register> reads, Register... writes) {
        of(phase).add(new Entry(step, reads, List.of(writes)));
    }

    /** Adds the start and the update of a fold over x. */
    void addFold(boolean stream, Fold fold, Register x, Register... state) {
        folds.add(fold);
        add(stream ? Phase.BEGIN : Phase.TILE, fold::init, List.of(), state);
        add(Phase.TILE, fold::update, List.of(x));
    }

    /** Counts the cost of an expensive function. */
    void addCost(Phase phase, Level level, boolean heavy) {
        heavyCost += heavy && phase == Phase.TILE && level == Level.FULL ? HEAVY : 0;
    }

    private List<Entry> of(Phase phase) {
        return entries.getOrDefault(phase, List.of());
    }

    List<Fold> folds() {
        return folds;
    }

    /** Estimated nanoseconds per element of the space. */
    double cost() {
        return heavyCost + LIGHT * of(Phase.TILE).size();
    }

    /** The steps of a phase. */
    Step[] steps(Phase phase) {
        return of(phase).stream().map(Entry::step).toArray(Step[]::new);
    }

    /** Gives each register its array. Registers of a tile's intermediate results share arrays when their lives do not overlap. */
    Workspace.Needs place(LoopSpace space) {
        rows = Math.max(1, space.tileRows());
        size = Math.max(1, rows * space.tileLength());
        for (Phase phase : Phase.values()) {
            if (phase == Phase.TILE) {
                placeTile();
            } else {
                of(phase).forEach(entry -> entry.writes.forEach(register -> placeNew(register)));
            }
        }
        return new Workspace.Needs(
                needs(Kind.FLOAT), needs(Kind.DOUBLE), needs(Kind.INT), needs(Kind.LONG), space.rank());
    }

    private void placeTile() {
        List<Entry> tile = of(Phase.TILE);
        Map<Register, Integer> last = new HashMap<>();
        for (int i = 0; i < tile.size(); i++) {
            for (Register register : tile.get(i).reads) {
                // Registers that are placed already belong to an earlier phase.
                if (!register.isPlaced() && register.level == Level.FULL) {
                    last.put(register, i);
                }
            }
        }
        Map<Kind, List<Integer>> free = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            free.put(kind, new ArrayList<>());
        }
        for (int i = 0; i < tile.size(); i++) {
            Entry entry = tile.get(i);
            for (Register register : entry.reads.stream().distinct().toList()) {
                // A result may take the place of an operand: loops read an element before they write it.
                if (last.getOrDefault(register, -1) == i && !entry.writes.contains(register)) {
                    free.get(register.kind).add(register.index());
                }
            }
            for (Register write : entry.writes) {
                List<Integer> vacant = free.getOrDefault(write.kind, List.of());
                if (!write.isPlaced() && write.level == Level.FULL && !vacant.isEmpty()) {
                    write.place(vacant.removeLast());
                } else {
                    placeNew(write);
                }
            }
        }
    }

    private void placeNew(Register register) {
        if (!register.isPlaced()) {
            List<Integer> taken = lengths.getOrDefault(register.kind, List.of());
            register.place(taken.size());
            taken.add(
                    switch (register.level) {
                        case SCALAR -> 1;
                        case ROW -> rows;
                        case FULL -> size;
                    });
        }
    }

    private int[] needs(Kind kind) {
        return lengths.getOrDefault(kind, List.of()).stream()
                .mapToInt(length -> length)
                .toArray();
    }
}
