package dev.patchscopes.model;

import static net.bytebuddy.matcher.ElementMatchers.isPublic;
import static net.bytebuddy.matcher.ElementMatchers.isStatic;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.returns;

import ai.djl.engine.EngineException;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.atomic.AtomicInteger;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.pool.TypePool;

/**
 * Native memory that runs out when asked to: each call that makes a tensor counts, and the n-th
 * throws what the engine does then. Only in a process of its own, before the engine is loaded.
 */
public final class NativeFailures {

    /** What libtorch 2.7.1 says on Linux. */
    static final String TEXT =
            "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 128000000 bytes. Error code 12 (Cannot allocate memory)";

    static final long BYTES = 128_000_000;

    private static final AtomicInteger LEFT = new AtomicInteger();

    private NativeFailures() {}

    /** Rewrites the engine's binding as it is loaded. */
    static void install() throws ReflectiveOperationException {
        String binding = "ai.djl.pytorch.jni.";
        rewrite(
                binding + "JniUtils",
                isPublic()
                        .and(isStatic())
                        .and(
                                returns(named("ai.djl.pytorch.engine.PtNDArray"))
                                        .or(returns(named("ai.djl.ndarray.NDList")))
                                        .or(
                                                namedOneOf(
                                                        "addi",
                                                        "subi",
                                                        "muli",
                                                        "divi",
                                                        "set",
                                                        "indexSet",
                                                        "indexAdvPut",
                                                        "attachGradient",
                                                        "zeroGrad",
                                                        "backward",
                                                        "loadModuleHandle"))));
        rewrite(binding + "IValueUtils", named("forward"));
    }

    private static void rewrite(
            String name, ElementMatcher.Junction<? super MethodDescription> methods)
            throws ReflectiveOperationException {
        ClassLoader loader = NativeFailures.class.getClassLoader();
        ClassFileLocator files = ClassFileLocator.ForClassLoader.of(loader);
        byte[] changed =
                new ByteBuddy()
                        .redefine(TypePool.Default.of(files).describe(name).resolve(), files)
                        .visit(Advice.to(BeforeCall.class).on(methods))
                        .make()
                        .getBytes();
        Class<?> neighbour = Class.forName("ai.djl.pytorch.jni.LibUtils", false, loader);
        MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup()).defineClass(changed);
    }

    /** Its body becomes the beginning of the rewritten methods. */
    static final class BeforeCall {
        private BeforeCall() {}

        @Advice.OnMethodEnter
        static void enter() {
            NativeFailures.count();
        }
    }

    /** Called by the rewritten binding. */
    public static void count() {
        if (LEFT.get() > 0 && LEFT.decrementAndGet() == 0) {
            throw new EngineException(TEXT);
        }
    }

    /** Lets the n-th call from here on fail, and only that. */
    static void failAt(int n) {
        LEFT.set(n);
    }

    /** Lets nothing fail; whether something still would have. */
    static boolean disarm() {
        return LEFT.getAndSet(0) > 0;
    }
}
