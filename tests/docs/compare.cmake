# cmake -DPAGES=program -DPAGE=name -DROOT=source -P compare.cmake: fails when docs/<name>.md is not what the program writes.
execute_process(COMMAND ${PAGES} ${PAGE} OUTPUT_VARIABLE made COMMAND_ERROR_IS_FATAL ANY)
file(READ ${ROOT}/docs/${PAGE}.md written)
if(NOT made STREQUAL written)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${PAGE}.md "${made}")
    execute_process(COMMAND diff -u ${ROOT}/docs/${PAGE}.md ${CMAKE_CURRENT_BINARY_DIR}/${PAGE}.md)
    message(FATAL_ERROR "docs/${PAGE}.md is out of date; write it anew with\n  ${PAGES} ${PAGE} > docs/${PAGE}.md")
endif()
