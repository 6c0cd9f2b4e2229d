"""An addon that ends the process while it is being loaded, built without Node's headers."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tests.provision.cache import entry

SOURCE = r"""
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

extern void napi_fatal_error(const char*, size_t, const char*, size_t);

extern void v8_fatal(const char*, ...) __asm__("_Z8V8_FatalPKcz");

static void* strike(void* unused) {
  *(volatile int*)0x1234 = 1;
  return unused;
}

static __attribute__((noinline)) void give_up(void) { abort(); }

void* napi_register_module_v1(void* env, void* exports) {
#if defined(SEGV)
  strike(env);
#elif defined(THREAD)
  pthread_t thread;
  pthread_create(&thread, NULL, strike, NULL);
  pthread_join(thread, NULL);
#elif defined(FATAL)
  napi_fatal_error("addon.c:7", (size_t)-1, "the addon gave up", (size_t)-1);
#elif defined(CHECK)
  v8_fatal("Check failed: %s at %d.", "length > 0", 17);
#elif defined(ABORT)
  give_up();
#endif
  return exports;
}
"""


def addon(way: str) -> Path:
    """The addon that ends the process in this way: 'SEGV', 'THREAD', 'FATAL', 'CHECK', 'ABORT'."""
    digest = hashlib.sha256(SOURCE.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        (folder / "addon.c").write_text(SOURCE)
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", f"-D{way}", "addon.c", "-o", "addon.node"],
            cwd=folder,
            check=True,
        )

    return entry(f"addon-{way}-{digest}", make) / "addon.node"
