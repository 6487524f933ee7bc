/* Hides AVX-512, VNNI and AMX from a program, so that its libraries choose their code for CPUs with AVX2 alone.
 *
 * The kernel can make the instruction CPUID fail (arch_prctl(2), ARCH_SET_CPUID), on Intel's CPUs with the flag
 * cpuid_fault. The handler then executes it for the program and clears these bits of leaf 7. Bits are those of Intel's
 * Software Developer's Manual, volume 2A, CPUID.
 *
 * Usage: LD_PRELOAD=hide_avx512.so PROGRAM
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
#define BIT(n) (1u << (n))

/* Leaf 7, subleaf 0: AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ;
 * 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, AVX512-FP16, AMX-TILE, AMX-INT8. */
static const uint32_t EBX = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
static const uint32_t ECX = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const uint32_t EDX = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
/* Subleaf 1: AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16, AVX10. */
static const uint32_t EAX_1 = BIT(4) | BIT(5) | BIT(21) | BIT(23);
static const uint32_t EDX_1 = BIT(4) | BIT(5) | BIT(10) | BIT(19);

static int allow_cpuid(unsigned long allowed) { return (int)syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed); }

static void answer_cpuid(int signal_number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    if (code[0] != 0x0f || code[1] != 0xa2) { /* another fault: the program ends as it would without this library */
        signal(signal_number, SIG_DFL);
        return;
    }
    uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX];
    uint32_t eax = leaf, ebx = 0, ecx = subleaf, edx = 0;
    allow_cpuid(1);
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    allow_cpuid(0);
    if (leaf == 7 && subleaf == 0) {
        ebx &= ~EBX;
        ecx &= ~ECX;
        edx &= ~EDX;
    } else if (leaf == 7 && subleaf == 1) {
        eax &= ~EAX_1;
        edx &= ~EDX_1;
    }
    registers[REG_RAX] = eax;
    registers[REG_RBX] = ebx;
    registers[REG_RCX] = ecx;
    registers[REG_RDX] = edx;
    registers[REG_RIP] += 2; /* the length of CPUID */
    (void)info;
}

__attribute__((constructor)) static void hide(void) {
    struct sigaction action = {.sa_sigaction = answer_cpuid, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, 0);
    allow_cpuid(0); /* if this fails, the program runs with all instructions, as bench.avx2.measure notices */
}
