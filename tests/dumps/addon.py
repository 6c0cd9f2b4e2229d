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


HANDLES = r"""
#include <stddef.h>
#include <stdint.h>

typedef void* value;
typedef struct {
  const char* name; value name_value;
  value (*method)(void*, void*); void *getter, *setter; value value_; int attributes; void* data;
} property;
extern int napi_get_cb_info(void*, void*, size_t*, value*, value*, void**);
extern int napi_new_instance(void*, value, size_t, const value*, value*);
extern int napi_create_reference(void*, value, uint32_t, void**);
extern int napi_call_function(void*, value, value, size_t, const value*, value*);
extern int napi_get_value_uint32(void*, value, uint32_t*);
extern int napi_define_properties(void*, value, size_t, const property*);

/* leak(Local, nLocal, Strong, nStrong, Weak, nWeak, end): as many handles of each kind, the locals
   all in the scope of this one call. The others are what calls of Strong and Weak return. */
static value leak(void* env, void* info) {
  size_t argc = 7;
  value argv[7], self, made;
  void* reference;
  uint32_t n[3];
  napi_get_cb_info(env, info, &argc, argv, &self, NULL);
  for (int k = 0; k < 3; k++) napi_get_value_uint32(env, argv[2 * k + 1], &n[k]);
  for (uint32_t i = 0; i < n[0]; i++) napi_new_instance(env, argv[0], 0, NULL, &made);
  for (int k = 1; k < 3; k++)
    for (uint32_t i = 0; i < n[k]; i++) {
      napi_call_function(env, self, argv[2 * k], 0, NULL, &made);
      napi_create_reference(env, made, k == 1, &reference);
    }
  napi_call_function(env, self, argv[6], 0, NULL, &made);
  return made;
}

void* napi_register_module_v1(void* env, void* exports) {
  property leaks = {"leak", NULL, leak, NULL, NULL, NULL, 0, NULL};
  napi_define_properties(env, exports, 1, &leaks);
  return exports;
}
"""


def handles_addon() -> Path:
    """The addon that leaks handles, see HANDLES."""
    digest = hashlib.sha256(HANDLES.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        (folder / "addon.c").write_text(HANDLES)
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "addon.c", "-o", "addon.node"],
            cwd=folder,
            check=True,
        )

    return entry(f"addon-handles-{digest}", make) / "addon.node"
