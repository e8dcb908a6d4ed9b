"""Entry points to installed job types: the only importer of pluggy's manager.

    registry = discover()             # lenient: a broken plugin is remembered, the others work
    registry = discover(strict=True)  # build time and CI: PluginError, if anything is wrong with any plugin
    registry.job_type("glue")         # or JobTypeNotInstalled, which says why

A registry is a value that is passed on; there is no global one.
"""
