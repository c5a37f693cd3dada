{
  "includes": ["native/sources.gypi"],
  "variables": {
    # -ffp-contract=off: only the fused multiply-adds that the source names, or results would differ between compilers.
    "strided_cflags": ["-O3", "-Wall", "-Wextra", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"],
    # The AVX-512 intrinsics of GCC 12 read an uninitialised register on purpose (GCC bug 105593).
    "avx512_cflags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-Wno-maybe-uninitialized", "-Wno-uninitialized"],
    "avx2_cflags": ["-mavx2", "-mfma"]
  },
  "target_defaults": {
    "cflags": ["<@(strided_cflags)"],
    "cflags!": ["-fno-omit-frame-pointer"],
    "cflags_cc": ["-std=c++20"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_CFLAGS": ["<@(strided_cflags)"]
    },
    "msvs_settings": {
      "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++20"], "ExceptionHandling": 1, "RuntimeLibrary": 0 }
    }
  },
  "targets": [
    {
      "target_name": "kernels_scalar",
      "type": "static_library",
      "sources": ["<@(kernel_sources)"],
      "defines": ["STRIDED_ISA=scalar"],
      # GCC 12 vectorizes loads of three neighbours as four, and reads past the end of a buffer.
      "cflags": ["-fno-tree-vectorize"]
    },
    {
      "target_name": "strided",
      "dependencies": ["kernels_scalar"],
      "sources": ["<@(core_sources)", "<@(binding_sources)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "STRIDED_VERSION=\"<!(node -p \"require('./package.json').version\")\""],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["kernels_avx2", "kernels_avx512"] }],
        ["OS=='linux'", {
          # nodelete: parked worker threads must find their code after a worker environment closed the addon.
          "ldflags": ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL", "-Wl,-z,nodelete", "-Wl,--version-script=<(module_root_dir)/native/exports.map"]
        }]
      ]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "sources": ["<@(kernel_sources)"],
          "defines": ["STRIDED_ISA=avx2"],
          "cflags": ["<@(avx2_cflags)"],
          "xcode_settings": { "OTHER_CFLAGS": ["<@(avx2_cflags)"] },
          "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX2"] } }
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "sources": ["<@(kernel_sources)"],
          "defines": ["STRIDED_ISA=avx512"],
          "cflags": ["<@(avx512_cflags)"],
          "xcode_settings": { "OTHER_CFLAGS": ["<@(avx512_cflags)"] },
          "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX512"] } }
        }
      ]
    }]
  ]
}
