# cmake --install: headers, libraries, and a relocatable package for find_package(xtape).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/xtape)

get_property(headers GLOBAL PROPERTY xtape_headers)
foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH folder)
    install(FILES ${header} DESTINATION include/xtape/${folder})
endforeach()

get_property(targets GLOBAL PROPERTY xtape_targets)
install(TARGETS ${targets} EXPORT xtapeTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# Programs link the library that runs everywhere; the loader looks for the others below its folder.
foreach(level IN LISTS xtape_levels)
    install(TARGETS xtape_xtape_${level}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${level} NAMELINK_SKIP)
endforeach()
install(EXPORT xtapeTargets NAMESPACE xtape:: DESTINATION ${package_dir})

get_property(xtape_layers GLOBAL PROPERTY xtape_layers)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/xtape-config.cmake.in ${PROJECT_BINARY_DIR}/xtape-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/xtape-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/xtape-config.cmake ${PROJECT_BINARY_DIR}/xtape-config-version.cmake
    DESTINATION ${package_dir})
