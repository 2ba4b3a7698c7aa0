import { Loader, Progress, Skeleton, Text } from '@mantine/core';
import { Ban, Check, CircleAlert, Clock } from 'lucide-react';
import type { AssetDetail, Job, ProcessingStep } from '@/shared/api/types';
import { stepName } from '@/shared/assets/status';
import { formatDateTime, formatElapsed } from '@/shared/format/format';
import { ErrorState } from '@/shared/ui/error-state';
import { useJobs } from '../hooks/use-detail';
import classes from './activity-panel.module.css';

/** What is being done with the file, and what was done before. */
export function ActivityPanel({ detail }: { detail: AssetDetail }) {
  return (
    <div className={classes.panel}>
      <h2 className={classes.title}>Processing</h2>
      {detail.processing.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has been done with this file yet.
        </Text>
      )}
      <ul className={classes.steps}>
        {detail.processing.map((step) => (
          <Step key={step.step} step={step} />
        ))}
      </ul>
      <h2 className={classes.title}>Job history</h2>
      <JobHistory assetId={detail.id} />
    </div>
  );
}

function Step({ step }: { step: ProcessingStep }) {
  const running = step.status === 'Running';
  return (
    <li className={classes.step} data-status={step.status}>
      <StatusIcon status={step.status} />
      <div className={classes.stepText}>
        <div className={classes.stepLine}>
          <span>{stepName(step.step)}</span>
          <span className={`${classes.stepState} rv-tabular`}>
            {running ? `${Math.round(step.progress)}%` : step.status === 'Succeeded' ? '' : step.status}
          </span>
        </div>
        {running && <Progress size={3} mt={5} value={step.progress} aria-label={stepName(step.step)} />}
        {step.error && <p className={classes.fault}>{step.error}</p>}
      </div>
    </li>
  );
}

function StatusIcon({ status }: { status: string }) {
  const name = <span className="rv-visually-hidden">{status}</span>;
  const icon = {
    Succeeded: <Check size={15} aria-hidden className={classes.good} />,
    Failed: <CircleAlert size={15} aria-hidden className={classes.bad} />,
    Running: <Loader size={13} aria-hidden />,
    Cancelled: <Ban size={14} aria-hidden />,
  }[status] ?? <Clock size={14} aria-hidden />;
  return (
    <span className={classes.icon}>
      {icon}
      {name}
    </span>
  );
}

function JobHistory({ assetId }: { assetId: string }) {
  const jobs = useJobs(assetId, true);
  if (jobs.isPending) return <Skeleton height={80} />;
  if (jobs.error) return <ErrorState error={jobs.error} onRetry={() => void jobs.refetch()} />;
  if (jobs.data.items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No jobs yet.
      </Text>
    );
  }
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Started</th>
            <th scope="col" className={classes.right}>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.data.items.map((job) => (
            <JobRows key={job.id} job={job} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function took(job: Job): string {
  if (job.durationMs != null) return formatElapsed(job.durationMs);
  return job.status === 'Running' ? `${Math.round(job.progress)}%` : '–';
}

function JobRows({ job }: { job: Job }) {
  return (
    <>
      <tr>
        <td>
          <span className={classes.job}>
            <StatusIcon status={job.status} />
            <span>
              {stepName(job.jobType)}
              {job.attempt > 1 && <span className={classes.attempt}> · attempt {job.attempt}</span>}
            </span>
          </span>
        </td>
        <td className={classes.when}>{job.startedAt ? formatDateTime(job.startedAt) : 'Waiting'}</td>
        <td className={`${classes.right} rv-tabular`}>{took(job)}</td>
      </tr>
      {job.note && (
        <tr>
          <td colSpan={3} className={classes.errorCell}>
            <p className={classes.note}>{job.note}</p>
          </td>
        </tr>
      )}
      {job.error && (
        <tr>
          <td colSpan={3} className={classes.errorCell}>
            <p className={classes.fault}>{job.error.message}</p>
            {job.error.detail && (
              <details>
                <summary>Details</summary>
                <pre className={classes.log}>{job.error.detail}</pre>
              </details>
            )}
          </td>
        </tr>
      )}
    </>
  );
}
