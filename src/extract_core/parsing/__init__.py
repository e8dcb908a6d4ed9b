"""For status parsers: read the answers of services, whatever their shape. Public beside `extract_core` and `extract_testing`.

================= =========================================================== ==============================================
module            what it is for                                              used in
================= =========================================================== ==============================================
`payload`         members of a service's answer, without ever raising         `status`, `local_command`
`verdicts`        what an error of AWS means, by its name and by its words    `status`
`container_start` why a container of ECS or Batch did not start               `status`
`process_end`     how a process on this machine ended, in words               `local_answer`
`asking`          further questions to AWS, with a boto3 session              `diagnose`, `stop`
================= =========================================================== ==============================================

The names in a module's ``__all__`` stay as they are within one contract version; docs/plugins/parsing.md describes each name.
Importing them imports only the standard library and the contract.
"""

__all__ = ["asking", "container_start", "payload", "process_end", "verdicts"]
