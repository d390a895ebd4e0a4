-- Tables of Data Dispatcher 2.0. Their names and columns are what its engine, data_dispatcher.db,
-- reads and writes; users and roles are MetaCat's.

create table projects (
    id bigserial primary key,
    owner text references metacat.users (username),
    created_timestamp timestamptz default now(),
    end_timestamp timestamptz,
    state text,
    retry_count integer,
    worker_timeout interval,
    idle_timeout interval,
    attributes jsonb default '{}',
    query text
);

create table project_users (
    project_id bigint references projects on delete cascade,
    username text references metacat.users (username) on delete cascade,
    primary key (project_id, username)
);

create table project_roles (
    project_id bigint references projects on delete cascade,
    role_name text references metacat.roles (name) on delete cascade,
    primary key (project_id, role_name)
);

create table rses (
    name text primary key,
    description text default '',
    is_enabled boolean default false,
    is_available boolean default false,
    is_tape boolean default false,
    pin_url text,
    poll_url text,
    remove_prefix text default '',
    add_prefix text default '',
    pin_prefix text default '',
    preference integer default 0,
    type text
);

create table replicas (
    namespace text,
    name text,
    rse text references rses on delete cascade,
    path text,
    url text,
    urls jsonb default '[]',
    available boolean default false,
    preference integer default 0,
    primary key (namespace, name, rse)
);

create view replicas_with_rse_availability as
select replicas.*, rses.is_available as rse_available
from replicas join rses on rses.name = replicas.rse and rses.is_enabled;

create table file_handles (
    project_id bigint references projects on delete cascade,
    namespace text,
    name text,
    state text,
    worker_id text,
    reserved_since timestamptz,
    attempts integer default 0,
    attributes jsonb default '{}',
    primary key (project_id, namespace, name)
);

create table project_log (
    project_id bigint references projects on delete cascade,
    t timestamptz default now(),
    type text,
    data jsonb,
    primary key (project_id, t, type)
);

create table file_handle_log (
    project_id bigint,
    namespace text,
    name text,
    t timestamptz default now(),
    type text,
    data jsonb,
    primary key (project_id, namespace, name, t, type),
    foreign key (project_id, namespace, name) references file_handles on delete cascade
);

create table replica_log (
    namespace text,
    name text,
    rse text,
    t timestamptz default now(),
    type text,
    data jsonb,
    primary key (namespace, name, rse, t, type),
    foreign key (namespace, name, rse) references replicas on delete cascade
);

create table proximity_map (
    cpu text,
    rse text,
    proximity integer,
    primary key (cpu, rse)
);

insert into proximity_map (cpu, rse, proximity) values ('DEFAULT', 'DEFAULT', 100);

-- Ours: where files are, which the daemon of the real one asks Rucio.
create table locations (
    namespace text,
    name text,
    rse text references rses on delete cascade,
    url text,
    primary key (namespace, name, rse)
);
