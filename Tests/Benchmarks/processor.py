"""The name of this machine's processor, as docs/data uses it, and how busy it is."""
import platform
import subprocess
import sys
import time

# AMD's microarchitectures: family, first model, last model. Virtual machines often report no more than "AMD EPYC".
AMD_GENERATIONS = [
    (23, 0x00, 0x2F, "Zen 1"), (23, 0x30, 0xFF, "Zen 2"),
    (25, 0x00, 0x0F, "Zen 3"), (25, 0x10, 0x1F, "Zen 4"), (25, 0x20, 0x5F, "Zen 3"), (25, 0x60, 0xFF, "Zen 4"),
    (26, 0x00, 0xFF, "Zen 5"),
]


def processor_name():
    """Returns a name such as "AMD EPYC (Zen 4)" or "Intel(R) Xeon(R) Platinum 8375C"."""
    if sys.platform == "darwin":
        query = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(query, capture_output=True, text=True).stdout.strip()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            first = file.read().split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict((part.strip() for part in line.split(":", 1)) for line in first.splitlines() if ":" in line)
    name = fields.get("model name", platform.machine())
    name = name.split("@")[0].removesuffix(" Processor").strip()
    if fields.get("vendor_id") == "AuthenticAMD":
        family, model = int(fields["cpu family"]), int(fields["model"])
        for generation_family, first_model, last_model, generation in AMD_GENERATIONS:
            if family == generation_family and first_model <= model <= last_model:
                return f"{name} ({generation})"
    return name


def busy_cores(seconds=1.0):
    """Returns how many cores other processes use now, measured for a second; 0 if that cannot be measured here."""
    def used():
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(field) for field in file.readline().split()[1:]]
        return sum(ticks[:8]) - ticks[3] - ticks[4]  # all but idle and iowait, in hundredths of a second
    try:
        before = used()
        time.sleep(seconds)
        return (used() - before) / (100 * seconds)
    except OSError:
        return 0.0


if __name__ == "__main__":
    print(processor_name())
