create table if not exists files (
  id integer primary key,
  name text not null unique,
  size integer,
  checksum text,
  create_date real not null,
  "user" text not null,
  update_date real not null,
  update_user text not null,
  file_type text, file_format text, data_tier text, data_stream text, content_status text,
  event_count integer, first_event integer, last_event integer,
  start_time real, end_time real,
  family text, application text, version text
);
create index if not exists files_end_time on files (end_time);
create table if not exists runs (
  file integer not null references files, number integer not null, subrun integer, type text
);
create index if not exists runs_file on runs (file);
create index if not exists runs_number on runs (number);
create table if not exists parameters (
  file integer not null references files,
  name text not null collate nocase, value text not null, number real
);
create index if not exists parameters_file on parameters (file);
create index if not exists parameters_name on parameters (name, value);
create table if not exists locations (
  file integer not null references files, path text not null, label text,
  primary key (file, path)
) without rowid;
create table if not exists parents (
  child integer not null references files, parent integer not null references files,
  primary key (child, parent)
) without rowid;
create index if not exists parents_parent on parents (parent);
create table if not exists definitions (
  id integer primary key,
  name text not null unique,
  dims text not null,
  "user" text not null, "group" text not null, description text not null,
  create_date real not null
);
create table if not exists snapshots (
  id integer primary key,
  definition integer references definitions,
  definition_name text,
  create_date real not null
);
create table if not exists snapshot_files (
  snapshot integer not null references snapshots, file integer not null references files,
  primary key (snapshot, file)
) without rowid;
create table if not exists projects (
  id integer primary key,
  name text not null unique,
  station text not null, "group" text not null, "user" text not null,
  snapshot integer not null references snapshots,
  status text not null,
  started real not null, ended real,
  description text not null default ''
);
create table if not exists processes (
  id integer primary key,
  project integer not null references projects,
  status text not null,
  family text, name text, version text, node text, "user" text, description text,
  file_limit integer, delivered integer not null default 0
);
create index if not exists processes_project on processes (project);
create table if not exists consumption (
  project integer not null references projects, file integer not null references files,
  status text not null,
  process integer references processes,
  primary key (project, file)
) without rowid;
create index if not exists consumption_file on consumption (file);
create index if not exists consumption_status on consumption (project, status);
