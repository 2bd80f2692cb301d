package dev.lamina.cli;

/** Leaves nothing behind when Ctrl-C ends a training: files are written at the end, each of them whole or not at all. */
final class Interruption {
    private final Thread hook;

    private Interruption(Thread hook) {
        this.hook = hook;
    }

    /** From now until {@link #end}, the end of the process gives the place of the run free again. */
    static Interruption guard(RunFolder run, Console console) {
        Thread hook = new Thread(() -> {
            run.abandon();
            console.leaveLine();
            console.error("lamina: interrupted, no model was written");
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interruption(hook);
    }

    /** The training is over. */
    void end() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook is at work.
        }
    }
}
