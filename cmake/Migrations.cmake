# Builds migrations/*.sql into the db room: db::migrations() is written from them whenever one changes.
file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
set(migrations_source ${CMAKE_BINARY_DIR}/generated/migrations.cpp)
string(JOIN "|" migration_list ${migration_files})
add_custom_command(
  OUTPUT ${migrations_source}
  COMMAND ${CMAKE_COMMAND} -DFILES=${migration_list} -DOUTPUT=${migrations_source}
          -P ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake
  DEPENDS ${migration_files} ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake
  VERBATIM)
target_sources(db PRIVATE ${migrations_source})
