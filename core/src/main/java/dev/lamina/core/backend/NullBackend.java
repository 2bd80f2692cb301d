package dev.lamina.core.backend;

/** Compiles and computes nothing: it shows what the engine itself costs. Outputs hold whatever was in their memory. */
final class NullBackend extends KernelBackend {
    @Override
    public String name() {
        return "null";
    }

    @Override
    public int priority() {
        return -100;
    }

    @Override
    public String describe() {
        return "compiles plans and runs empty kernels";
    }

    @Override
    public Kernel prepare(Task task) {
        return buffers -> {};
    }
}
